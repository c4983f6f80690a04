import { writePetmrStudy, writeSpectctStudy } from '@photopeak/phantom';
import type { Command } from 'commander';
import { EXIT, oneOf, optionError, wholeNumber } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface SpectOptions {
  readonly out: string;
  readonly seed: string;
  readonly tracer: string;
  readonly values: string;
  readonly lesions: string;
  readonly hours?: string;
}

interface PetmrOptions {
  readonly out: string;
  readonly seed: string;
  readonly lesions: string;
}

const TRACERS = ['bone', 'dotatate'] as const;
const VALUES = ['counts', 'mapped', 'bqml-start', 'bqml-admin'] as const;

/** `24,72,168`. */
function hoursOf(text: string): number[] {
  const hours = text.split(',').map(Number);
  if (hours.some((hour) => !Number.isFinite(hour))) throw optionError('--hours', 'numbers and commas', text);
  return hours;
}

/** `photopeak phantom spectct` and `photopeak phantom petmr`. */
export function addEmissionPhantoms(phantom: Command): void {
  phantom
    .command('spectct')
    .description('a SPECT/CT study as DICOM, or one at each of several times, with its truth as JSON')
    .requiredOption('--out <folder>', 'folder to write into (dicom/, or dicom-1/, dicom-2/, …, and truth/)')
    .option('--seed <number>', 'everything that is not given is drawn from it', '1')
    .option('--tracer <name>', TRACERS.join(' or '), 'bone')
    .option('--values <kind>', `how the tomogram is written: ${VALUES.join(', ')}`, 'counts')
    .option('--lesions <count>', 'number of lesions', '2')
    .option('--hours <list>', 'hours after administration, one examination each, such as 24,72,168')
    .action((options: SpectOptions) =>
      runCommand(async () => {
        const written = await writeSpectctStudy({
          folder: options.out,
          values: oneOf(options.values, VALUES, '--values'),
          phantom: {
            seed: wholeNumber(options.seed, '--seed'),
            tracer: oneOf(options.tracer, TRACERS, '--tracer'),
            lesions: wholeNumber(options.lesions, '--lesions'),
            ...(options.hours === undefined ? {} : { hours: hoursOf(options.hours) }),
          },
        });
        for (const folder of written.dicomFolders) console.log(folder);
        console.log(`truth: ${written.truthFile}`);
        return EXIT.ok;
      }),
    );
  phantom
    .command('petmr')
    .description('an FDG PET/MR study with Dixon, T2 and ADC as DICOM, with its truth as JSON')
    .requiredOption('--out <folder>', 'folder to write into (dicom/ and truth/)')
    .option('--seed <number>', 'everything that is not given is drawn from it', '1')
    .option('--lesions <count>', 'number of lesions', '2')
    .action((options: PetmrOptions) =>
      runCommand(async () => {
        const written = await writePetmrStudy({
          folder: options.out,
          phantom: {
            seed: wholeNumber(options.seed, '--seed'),
            lesions: wholeNumber(options.lesions, '--lesions'),
          },
        });
        console.log(written.dicomFolder);
        console.log(`truth: ${written.truthFile}`);
        return EXIT.ok;
      }),
    );
}

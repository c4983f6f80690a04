import { type PetctPhantomOptions, writePetctStudy } from '@photopeak/phantom';
import type { Command } from 'commander';
import { EXIT, finiteNumber, oneOf, wholeNumber } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly out: string;
  readonly seed: string;
  readonly size: string;
  readonly style: string;
  readonly mismatch: string;
  readonly lesions?: string;
  readonly masks?: boolean;
  readonly decayCorrection: string;
}

const SIZES = ['small', 'full'] as const;
const STYLES = ['ge', 'siemens', 'philips'] as const;
const CORRECTIONS = ['START', 'ADMIN'] as const;

export function addPhantomCommand(program: Command): void {
  const phantom = program.command('phantom').description('make digital reference studies with known truth');
  phantom
    .command('petct')
    .description('a whole-body FDG PET/CT study as DICOM, with its truth as JSON')
    .requiredOption('--out <folder>', 'folder to write into (dicom/ and truth/)')
    .option('--seed <number>', 'everything that is not given is drawn from it', '1')
    .option(
      '--size <size>',
      `${SIZES.join(' or ')}: small takes seconds, full is 512×512×300 and 200×200×225`,
      'small',
    )
    .option('--style <style>', `whose scanner is imitated: ${STYLES.join(', ')}`, 'ge')
    .option('--mismatch <mm>', 'how much lower the diaphragm lies in the CT than in the PET', '0')
    .option('--lesions <count>', 'number of lesions; without it three to seven')
    .option('--decay-correction <kind>', `${CORRECTIONS.join(' or ')}`, 'START')
    .option('--masks', 'write tissues and lesions as NIfTI beside the truth')
    .action((options: Options) =>
      runCommand(async () => {
        const parameters: PetctPhantomOptions = {
          seed: wholeNumber(options.seed, '--seed'),
          size: oneOf(options.size, SIZES, '--size'),
          style: oneOf(options.style, STYLES, '--style'),
          respiratoryMismatchMm: finiteNumber(options.mismatch, '--mismatch'),
          ...(options.lesions === undefined ? {} : { lesions: wholeNumber(options.lesions, '--lesions') }),
        };
        const written = await writePetctStudy({
          phantom: parameters,
          folder: options.out,
          decayCorrection: oneOf(options.decayCorrection, CORRECTIONS, '--decay-correction'),
          ...(options.masks === true ? { masks: true } : {}),
        });
        for (const series of written.series) {
          console.log(
            `${series.role.padEnd(10)} ${String(series.instances).padStart(5)} images  ${series.folder}`,
          );
        }
        console.log(`truth: ${written.truthFile}`);
        return EXIT.ok;
      }),
    );
}

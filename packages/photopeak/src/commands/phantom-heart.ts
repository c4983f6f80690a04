import { type DefectRequest, writeCardiacStudy } from '@photopeak/phantom';
import type { Command } from 'commander';
import { EXIT, finiteNumber, oneOf, optionError, wholeNumber } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly out: string;
  readonly seed: string;
  readonly modality: string;
  readonly sex: string;
  readonly defect?: readonly string[];
  readonly restDefect?: readonly string[];
  readonly dilation: string;
  readonly ejectionFraction?: string;
  readonly gates: string;
  readonly uncorrected?: boolean;
}

const MODALITIES = { spect: 'NM', pet: 'PT' } as const;
const SEXES = ['M', 'F'] as const;

/** `ANGLE,WIDTH,FROM,TO,UPTAKE`. */
function defectOf(text: string): DefectRequest {
  const [angleDegrees, widthDegrees, from, to, uptake, ...rest] = text.split(',').map(Number);
  const numbers = [angleDegrees, widthDegrees, from, to, uptake];
  if (rest.length > 0 || numbers.some((value) => value === undefined || !Number.isFinite(value)))
    throw optionError('--defect', 'angle,width,from,to,uptake', text);
  return { angleDegrees: angleDegrees!, widthDegrees: widthDegrees!, from: from!, to: to!, uptake: uptake! };
}

/** `photopeak phantom heart`. */
export function addHeartPhantom(phantom: Command): void {
  phantom
    .command('heart')
    .description('a myocardial perfusion study, stress and rest, as DICOM, with its truth as JSON')
    .requiredOption('--out <folder>', 'folder to write into (dicom/ and truth/)')
    .option('--seed <number>', 'everything that is not given is drawn from it', '1')
    .option('--modality <kind>', `${Object.keys(MODALITIES).join(' or ')}`, 'spect')
    .option('--sex <sex>', SEXES.join(' or '), 'M')
    .option(
      '--defect <angle,width,from,to,uptake...>',
      'at stress: degrees (0 lateral, 90 anterior, 180 septal, 270 inferior), shares from apex to base, uptake left',
    )
    .option('--rest-defect <angle,width,from,to,uptake...>', 'the same at rest')
    .option('--dilation <ratio>', 'cavity at stress over cavity at rest', '1')
    .option('--ejection-fraction <share>', 'a beating heart with gates; without it none')
    .option('--gates <count>', 'images of a beat', '8')
    .option('--uncorrected', 'without attenuation correction')
    .action((options: Options) =>
      runCommand(async () => {
        const modality = oneOf(options.modality, Object.keys(MODALITIES), '--modality');
        const written = await writeCardiacStudy({
          folder: options.out,
          phantom: {
            seed: wholeNumber(options.seed, '--seed'),
            modality: MODALITIES[modality as keyof typeof MODALITIES],
            sex: oneOf(options.sex, SEXES, '--sex'),
            defects: (options.defect ?? []).map(defectOf),
            restDefects: (options.restDefect ?? []).map(defectOf),
            dilation: finiteNumber(options.dilation, '--dilation'),
            gates: wholeNumber(options.gates, '--gates'),
            attenuationCorrected: options.uncorrected !== true,
            ...(options.ejectionFraction === undefined
              ? {}
              : { ejectionFraction: finiteNumber(options.ejectionFraction, '--ejection-fraction') }),
          },
        });
        for (const { name, folder, instances } of written.series)
          console.log(`${name.padEnd(24)} ${String(instances).padStart(4)} files  ${folder}`);
        console.log(`truth: ${written.truthFile}`);
        return EXIT.ok;
      }),
    );
}

import { type Measured, measureImage } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { EXIT, textTable } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly segmentation: string;
  readonly series?: string;
  readonly radiomics?: boolean;
  readonly resolution?: string;
  readonly json?: boolean;
}

export function addMeasureCommand(program: Command): void {
  program
    .command('measure')
    .description('all metrics of each segment of a SEG, RTSTRUCT or NIfTI mask by any writer')
    .argument('<image>', 'folder with DICOM images, or one NIfTI image (.nii, .nii.gz)')
    .requiredOption('--segmentation <file>', 'DICOM SEG or RTSTRUCT, or NIfTI label map')
    .option('--series <uid>', 'series to measure; without it the PET that the segmentation belongs to')
    .option(
      '--resolution <mm>',
      'also means corrected for partial volume, at this resolution of the image (full width at half maximum)',
    )
    .option('--radiomics', 'with --json: also IBSI intensity statistics and morphology')
    .option('--json', 'print JSON (schema: docs/schemas/measure.schema.json)')
    .addHelpText(
      'after',
      '\nExit codes: 0 measured, 3 measured but not in SUV or with empty segments, 2 the input cannot be used.',
    )
    .action((image: string, options: Options) =>
      runCommand(
        async () => {
          const result = await measureImage({
            image,
            segmentation: options.segmentation,
            ...(options.series === undefined ? {} : { seriesInstanceUid: options.series }),
            radiomics: options.radiomics === true,
            ...(options.resolution === undefined ? {} : { resolutionMm: Number(options.resolution) }),
          });
          console.log(options.json === true ? JSON.stringify(result, null, 2) : describe(result));
          const isPartial =
            result.findings.some(({ severity }) => severity === 'error') ||
            result.segments.some(({ voxels }) => voxels === 0);
          return isPartial ? EXIT.partial : EXIT.ok;
        },
        { json: options.json === true },
      ),
    );
}

const digits = (value: number | null, count: number): string => (value === null ? '-' : value.toFixed(count));

function describe(result: Measured): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  return [
    `${result.image.modality ?? 'NIfTI'} ${result.image.description}, values ${result.image.unit === '' ? 'as stored' : `in ${result.image.unit}`}`,
    textTable(
      [
        right('no'),
        { title: 'segment' },
        right('voxels'),
        right('ml'),
        right('max'),
        right('peak'),
        right('mean'),
        ...(result.resolutionMm === undefined ? [] : [right('corrected')]),
        right('SD'),
        right('min'),
        right('TLG'),
      ],
      result.segments.map((segment) => [
        String(segment.number),
        segment.label,
        String(segment.voxels),
        digits(segment.volumeMl, 3),
        digits(segment.max, 5),
        digits(segment.peak, 4),
        digits(segment.mean, 5),
        ...(result.resolutionMm === undefined ? [] : [digits(segment.meanCorrected ?? null, 5)]),
        digits(segment.sd, 4),
        digits(segment.min, 4),
        digits(segment.tlg, 3),
      ]),
    ),
    `total ${digits(result.totals.volumeMl, 2)} ml, TLG ${digits(result.totals.tlg, 2)}, Dmax ${digits(result.totals.dmaxMm, 1)} mm`,
    ...result.findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}

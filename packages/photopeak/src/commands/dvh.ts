import { computeDoseVolumes, type DoseVolumes } from '@photopeak/pipelines';
import type { Command } from 'commander';
import { EXIT, finiteNumber, textTable } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options {
  readonly metrics?: string;
  readonly structure?: readonly string[];
  readonly curve?: string;
  readonly thickness?: string;
  readonly json?: boolean;
}

export function addDvhCommand(program: Command): void {
  program
    .command('dvh')
    .description(
      'dose-volume histograms of the structures of a plan, and how they compare with those of the dose',
    )
    .argument('<dose>', 'RTDOSE file')
    .argument('<structures>', 'RTSTRUCT or SEG file in the frame of reference of the dose')
    .option('--metrics <list>', 'such as D95,D2%,D0.1cc,V20; default D98,D95,D50,D2,D0.1cc,V20')
    .option('--structure <names...>', 'only these, by name')
    .option('--curve <gy>', 'with --json: also the cumulative histogram, in bins of so many Gy')
    .option('--thickness <mm>', 'thickness of structures that are drawn on one plane only')
    .option('--json', 'print JSON (schema: docs/schemas/dvh.schema.json)')
    .addHelpText(
      'after',
      '\nExit codes: 0 computed, 3 a structure has no histogram or is not covered by the dose, 2 the input cannot be used.',
    )
    .action((dose: string, structures: string, options: Options) =>
      runCommand(
        async () => {
          const result = await computeDoseVolumes({
            dose,
            structures,
            ...(options.metrics === undefined ? {} : { metrics: options.metrics.split(',') }),
            ...(options.structure === undefined ? {} : { names: options.structure }),
            ...(options.curve === undefined ? {} : { curveGy: finiteNumber(options.curve, '--curve') }),
            ...(options.thickness === undefined
              ? {}
              : { thicknessMm: finiteNumber(options.thickness, '--thickness') }),
          });
          console.log(options.json === true ? JSON.stringify(result, null, 2) : describe(result));
          const isPartial =
            result.structures.some(({ histogram }) => histogram === null) ||
            result.findings.some(({ code }) => code === 'DOSE_NOT_COVERED');
          return isPartial ? EXIT.partial : EXIT.ok;
        },
        { json: options.json === true },
      ),
    );
}

const digits = (value: number | null, count: number): string => (value === null ? '-' : value.toFixed(count));

function describe({ dose, structures, findings }: DoseVolumes): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const computed = structures.flatMap(({ histogram, ...rest }) =>
    histogram === null ? [] : [{ ...rest, histogram }],
  );
  // Volumes at a dose are shown in percent; in ml they are in the JSON.
  const shown = computed[0]?.histogram.metrics.filter(({ unit }) => unit !== 'ml') ?? [];
  return [
    `dose ${dose.summationType} ${dose.type}, at most ${dose.maximumGy.toFixed(2)} Gy`,
    textTable(
      [
        { title: 'structure' },
        right('ml'),
        right('min Gy'),
        right('mean Gy'),
        right('max Gy'),
        ...shown.map(({ name, unit }) => right(`${name} ${unit}`)),
        { title: 'histogram of the dose' },
      ],
      computed.map(({ name, histogram, written }) => [
        name,
        digits(histogram.volumeMl, 2),
        digits(histogram.minimumGy, 2),
        digits(histogram.meanGy, 2),
        digits(histogram.maximumGy, 2),
        ...histogram.metrics.filter(({ unit }) => unit !== 'ml').map(({ value }) => digits(value, 2)),
        written?.message ?? '',
      ]),
    ),
    ...structures.flatMap(({ name, reason }) =>
      reason === null ? [] : [`${name}: no histogram: ${reason}`],
    ),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}

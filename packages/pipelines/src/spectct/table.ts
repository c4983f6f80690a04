import { csvField } from '../csv-field.ts';
import type { SpectctSummary } from './summary.ts';

type Cell = string | number | null;

const COLUMNS: readonly (readonly [string, (region: SpectctSummary['regions'][number]) => Cell])[] = [
  ['id', ({ id }) => id],
  ['label', ({ label }) => label],
  ['kind', ({ kind }) => kind],
  ['segment', ({ segmentNumber }) => segmentNumber],
  ['volume_ml', ({ volumeMl }) => volumeMl],
  ['mean_Bq_per_ml', ({ activity }) => activity?.meanBqPerMl ?? null],
  ['max_Bq_per_ml', ({ activity }) => activity?.maximumBqPerMl ?? null],
  ['activity_MBq', ({ activity }) => activity?.totalMBq ?? null],
  ['recovery_coefficient', ({ activity }) => activity?.recovery?.coefficient ?? null],
  ['activity_recovered_MBq', ({ activity }) => activity?.recovery?.correctedMBq ?? null],
  ['percent_of_administered', ({ activity }) => activity?.percentOfAdministered ?? null],
  ['percent_decay_corrected', ({ activity }) => activity?.percentOfAdministeredDecayCorrected ?? null],
  ['SUVbw_mean', ({ activity }) => activity?.suvMean ?? null],
  ['SUVbw_max', ({ activity }) => activity?.suvMax ?? null],
  ['mean_over_reference', ({ relativeMean }) => relativeMean],
  ['max_over_reference', ({ relativeMaximum }) => relativeMaximum],
  ['time_points', ({ timeActivity }) => timeActivity?.points.length ?? null],
  ['fit', ({ timeActivity }) => timeActivity?.fit?.method ?? null],
  ['effective_half_life_h', ({ timeActivity }) => timeActivity?.fit?.effectiveHalfLifeHours ?? null],
  [
    'effective_half_life_sd_h',
    ({ timeActivity }) => timeActivity?.fit?.uncertainty?.effectiveHalfLifeHours ?? null,
  ],
  ['time_integrated_MBq_h', ({ timeActivity }) => timeActivity?.fit?.timeIntegratedMBqH ?? null],
  [
    'time_integrated_sd_MBq_h',
    ({ timeActivity }) => timeActivity?.fit?.uncertainty?.timeIntegratedMBqH ?? null,
  ],
  ['time_integrated_coefficient_h', ({ timeActivity }) => timeActivity?.fit?.coefficientH ?? null],
];

function cell(value: Cell): string {
  if (value === null) return '';
  return csvField(typeof value === 'number' ? String(Number(value.toPrecision(7))) : value);
}

/** One row for each region, for a dosimetry program or a spreadsheet; no patient is named. */
export function regionTable({ regions }: SpectctSummary): string {
  const rows = [
    COLUMNS.map(([name]) => name),
    ...regions.map((region) => COLUMNS.map(([, value]) => cell(value(region)))),
  ];
  return `${rows.map((row) => row.join(',')).join('\r\n')}\r\n`;
}

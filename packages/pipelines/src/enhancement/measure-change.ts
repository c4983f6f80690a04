import { sameGrid, type Volume } from '@photopeak/imaging';
import type { ImageFacts } from './image-facts.ts';
import { noiseOf } from './noise-of.ts';

export const measureNames = [
  'noise',
  'mean',
  'difference-mean',
  'difference-sd',
  'difference-largest',
  'snr',
  'cnr',
  'edge-width-high',
  'edge-width-low',
  'transfer-high',
  'transfer-low',
  'noise-frequency',
] as const;
export type MeasureName = (typeof measureNames)[number];

/** A number of original and result; null where it cannot be told. */
export interface Measured {
  readonly name: MeasureName;
  /** UCUM. */
  readonly unit: string;
  readonly before: number | null;
  readonly after: number | null;
}

/** Air around the patient says nothing about a change of tissue, HU. */
const TISSUE_ABOVE_HU = -500;
/** Tissue nearer than this to air is a mixture of both once it is smoothed. */
const RIM_MM = 5;

/**
 * What changed: noise of CT and MR (`noiseOf`), mean of the image (of CT: of what is no air, nor next to it), and the
 * differences voxel by voxel where both lie on one grid.
 */
export function measureChange(original: Volume, result: Volume, { modality }: ImageFacts): Measured[] {
  const { unit } = original;
  const isCt = modality === 'CT' && unit === "[hnsf'U]";
  const measured: Measured[] = [];
  const [noiseBefore, noiseAfter] = [noiseOf(original, modality), noiseOf(result, modality)];
  if (noiseBefore !== undefined || noiseAfter !== undefined)
    measured.push({ name: 'noise', unit, before: rounded(noiseBefore), after: rounded(noiseAfter) });
  if (!sameGrid(original, result)) {
    const counts = (value: number) => !isCt || value > TISSUE_ABOVE_HU;
    measured.push({ name: 'mean', unit, before: meanOf(original, counts), after: meanOf(result, counts) });
    return measured;
  }
  let [count, before, after, sum, squares, largest] = [0, 0, 0, 0, 0, 0];
  const isCounted = isCt ? insideTissue(original) : () => true;
  for (let n = 0; n < original.data.length; n++) {
    if (!isCounted(n)) continue;
    const [a, b] = [original.data[n]!, result.data[n]!];
    count++;
    before += a;
    after += b;
    const difference = b - a;
    sum += difference;
    squares += difference * difference;
    largest = Math.max(largest, Math.abs(difference));
  }
  const number = Math.max(1, count);
  const mean = sum / number;
  const sd = Math.sqrt(Math.max(0, squares / number - mean * mean));
  const difference = (name: Measured['name'], value: number): Measured => ({
    name,
    unit,
    before: null,
    after: rounded(value),
  });
  return [
    ...measured,
    { name: 'mean', unit, before: rounded(before / number), after: rounded(after / number) },
    difference('difference-mean', mean),
    difference('difference-sd', sd),
    difference('difference-largest', largest),
  ];
}

/** Whether a voxel and those a rim away from it in its plane are tissue. */
function insideTissue({ data, size, spacingMm }: Volume): (at: number) => boolean {
  const [columns, rows] = size;
  const x = Math.max(1, Math.round(RIM_MM / spacingMm[0]));
  const y = Math.max(1, Math.round(RIM_MM / spacingMm[1]));
  return (at) => {
    if (!(data[at]! > TISSUE_ABOVE_HU)) return false;
    const i = at % columns;
    const j = Math.floor(at / columns) % rows;
    return (
      i >= x &&
      i + x < columns &&
      j >= y &&
      j + y < rows &&
      data[at - x]! > TISSUE_ABOVE_HU &&
      data[at + x]! > TISSUE_ABOVE_HU &&
      data[at - y * columns]! > TISSUE_ABOVE_HU &&
      data[at + y * columns]! > TISSUE_ABOVE_HU
    );
  };
}

function meanOf({ data }: Volume, counts: (value: number) => boolean): number | null {
  let [sum, count] = [0, 0];
  for (let n = 0; n < data.length; n++) {
    if (!counts(data[n]!)) continue;
    sum += data[n]!;
    count++;
  }
  return count === 0 ? null : rounded(sum / count);
}

/** Digits that a measurement is told with. */
const DIGITS = 6;
export const rounded = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(DIGITS));

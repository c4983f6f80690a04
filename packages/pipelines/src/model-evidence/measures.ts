import { compareMasks, psnr, relativeSharpness, ssim } from '@photopeak/analysis';
import { createVolume, gridOf, type Mask, maskWhere, sameGrid, type Volume } from '@photopeak/imaging';
import type { ModelManifest, ModelResult } from '@photopeak/models';
import { type ImageFacts, measureChange } from '../enhancement/index.ts';

/** A number about one result of one case. */
export interface Measure {
  readonly name: MeasureName;
  /** Structure or value that it is about; null: the image as a whole. */
  readonly label: string | null;
  /** UCUM. */
  readonly unit: string;
  readonly value: number;
}

interface MeasureFacts {
  /** For tables. */
  readonly title: string;
  /** Whether more is better; null where neither is. */
  readonly better: 'higher' | 'lower' | null;
}

/** Every measure there is. */
export const measureFacts = {
  'noise-change': { title: 'Noise against the original', better: null },
  'mean-shift': { title: 'Mean difference to the original', better: null },
  'difference-sd': { title: 'Standard deviation of the difference to the original', better: null },
  'difference-largest': { title: 'Largest difference to the original', better: null },
  sharpness: { title: 'Sharpness of edges, the original being 1', better: null },
  'ssim-original': { title: 'Structural similarity to the original', better: null },
  psnr: { title: 'PSNR against the reference', better: 'higher' },
  'psnr-gain': { title: 'PSNR gained over the original', better: 'higher' },
  ssim: { title: 'Structural similarity to the reference', better: 'higher' },
  rmse: { title: 'RMS difference to the reference', better: 'lower' },
  bias: { title: 'Mean difference to the reference', better: null },
  volume: { title: 'Volume', better: null },
  confidence: { title: 'Confidence of the model', better: null },
  dice: { title: 'Dice with the reference', better: 'higher' },
  hd95: { title: 'Surface distance, 95th percentile', better: 'lower' },
  'volume-error': { title: 'Volume less the reference', better: null },
  value: { title: 'Value', better: null },
  error: { title: 'Difference to the reference, without sign', better: 'lower' },
} as const satisfies Record<string, MeasureFacts>;

export type MeasureName = keyof typeof measureFacts;

/** What is true, where somebody knows it, in the order of the outputs; null where nobody does. */
export type Reference =
  | { readonly kind: 'image'; readonly volume: Volume }
  | { readonly kind: 'labels'; readonly masks: ReadonlyMap<string, Mask> }
  | { readonly kind: 'scalar'; readonly values: Readonly<Record<string, number>> }
  | null;

type Output = ModelManifest['output'][number];
type LabelOutput = Extract<Output, { kind: 'labels' }>;

/** CT from air to dense bone, HU. */
const CT_RANGE_HU = 2000;

/** Everything that can be said of one result: against the original, and against the reference where there is one. */
export async function measureResult(
  output: Output,
  result: ModelResult,
  { original, facts, reference }: { original: Volume; facts: ImageFacts; reference: Reference },
): Promise<Measure[]> {
  if (result.kind === 'image') {
    const truth = reference?.kind === 'image' ? reference.volume : undefined;
    return [
      ...(await againstOriginal(original, result.volume, facts)),
      ...(truth === undefined ? [] : againstReference(original, result.volume, truth, facts)),
    ];
  }
  if (result.kind === 'labels' && output.kind === 'labels') {
    const truth = reference?.kind === 'labels' ? reference.masks : undefined;
    return measureLabels(output, result, truth);
  }
  if (result.kind === 'scalar' && output.kind === 'scalar') {
    const truth = reference?.kind === 'scalar' ? reference.values : {};
    return output.values.flatMap(({ name, unit }, index): Measure[] => {
      const value = result.values[index]!;
      const known = truth[name];
      const own: Measure = { name: 'value', label: name, unit, value };
      return known === undefined
        ? [own]
        : [own, { name: 'error', label: name, unit, value: Math.abs(value - known) }];
    });
  }
  return [];
}

async function againstOriginal(original: Volume, image: Volume, facts: ImageFacts): Promise<Measure[]> {
  const { unit } = original;
  const measures: Measure[] = [];
  const add = (name: MeasureName, value: number | null | undefined, of = unit) => {
    if (value !== null && value !== undefined && Number.isFinite(value))
      measures.push({ name, label: null, unit: of, value });
  };
  for (const { name, before, after } of measureChange(original, image, facts)) {
    if (name === 'noise' && before !== null && after !== null && before > 0)
      add('noise-change', 100 * (after / before - 1), '%');
    if (name === 'difference-mean') add('mean-shift', after);
    if (name === 'difference-sd' || name === 'difference-largest') add(name, after);
  }
  if (!sameGrid(original, image)) return measures;
  add('sharpness', await relativeSharpness(original, image), '1');
  add('ssim-original', ssim(original, image, rangeOf(original, facts)), '1');
  return measures;
}

function againstReference(original: Volume, image: Volume, reference: Volume, facts: ImageFacts): Measure[] {
  if (!sameGrid(image, reference)) return [];
  const { unit } = reference;
  const range = rangeOf(reference, facts);
  let [sum, squares] = [0, 0];
  for (let n = 0; n < image.data.length; n++) {
    const difference = image.data[n]! - reference.data[n]!;
    sum += difference;
    squares += difference * difference;
  }
  const reached = psnr(reference, image, range);
  const measures: Measure[] = [
    { name: 'psnr', label: null, unit: 'dB', value: reached },
    { name: 'ssim', label: null, unit: '1', value: ssim(reference, image, range) },
    { name: 'rmse', label: null, unit, value: Math.sqrt(squares / image.data.length) },
    { name: 'bias', label: null, unit, value: sum / image.data.length },
  ];
  if (sameGrid(original, reference))
    measures.push({
      name: 'psnr-gain',
      label: null,
      unit: 'dB',
      value: reached - psnr(reference, original, range),
    });
  return measures.filter(({ value }) => Number.isFinite(value));
}

async function measureLabels(
  output: LabelOutput,
  { labels, confidence }: Extract<ModelResult, { kind: 'labels' }>,
  truth: ReadonlyMap<string, Mask> | undefined,
): Promise<Measure[]> {
  const measures: Measure[] = [];
  const voxelMl = labels.spacingMm.reduce((product, mm) => product * mm, 1) / 1000;
  for (const [text, { name: label }] of Object.entries(output.labels)) {
    const value = Number(text);
    const mask = maskOf(labels, value);
    const volume = count(mask) * voxelMl;
    measures.push({ name: 'volume', label, unit: 'mL', value: volume });
    const sure = confidence[value];
    if (sure !== undefined) measures.push({ name: 'confidence', label, unit: '1', value: sure });
    const known = truth?.get(label);
    if (known === undefined) continue;
    const { dice, hd95Mm } = await compareMasks(mask, known);
    // Neither holds it: nothing was missed, and there is nothing to be measured.
    if (Number.isFinite(dice)) measures.push({ name: 'dice', label, unit: '1', value: dice });
    if (hd95Mm !== undefined) measures.push({ name: 'hd95', label, unit: 'mm', value: hd95Mm });
    measures.push({ name: 'volume-error', label, unit: 'mL', value: volume - count(known) * voxelMl });
  }
  return measures;
}

export function maskOf(labels: Volume, value: number): Mask {
  return maskWhere(labels, (one) => one === value);
}

/** Masks as the model would number them; where several hold a voxel, the last label. */
export function labelsOfMasks(
  output: LabelOutput,
  masks: ReadonlyMap<string, Mask>,
  original: Volume,
): Volume {
  const data = new Uint16Array(original.data.length);
  for (const [text, { name }] of Object.entries(output.labels)) {
    const mask = masks.get(name);
    for (let n = 0; mask !== undefined && n < data.length; n++)
      if (mask.data[n] !== 0) data[n] = Number(text);
  }
  return createVolume(gridOf(original), data, '1');
}

function count({ data }: Mask): number {
  let voxels = 0;
  for (let n = 0; n < data.length; n++) if (data[n] !== 0) voxels++;
  return voxels;
}

/** The range of values that PSNR and SSIM are told with: of CT 2000 HU, else that of the image. */
export function rangeOf(volume: Volume, { modality }: Pick<ImageFacts, 'modality'>): number {
  if (modality === 'CT' && volume.unit === "[hnsf'U]") return CT_RANGE_HU;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let n = 0; n < volume.data.length; n++) {
    least = Math.min(least, volume.data[n]!);
    most = Math.max(most, volume.data[n]!);
  }
  return most > least ? most - least : 1;
}

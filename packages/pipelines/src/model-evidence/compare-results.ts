import { compareMasks, globalNoise, psnr, ssim } from '@photopeak/analysis';
import { sameGrid } from '@photopeak/imaging';
import type { ModelManifest, ModelResult } from '@photopeak/models';
import type { ImageFacts } from '../enhancement/index.ts';
import { maskOf, rangeOf } from './measures.ts';

/** How the results of two versions of a model differ on one image. */
export interface ResultDifference {
  readonly name: 'mean' | 'sd' | 'largest' | 'psnr' | 'ssim' | 'noise' | 'dice' | 'volume' | 'value';
  /** Structure or value; null: the image as a whole. */
  readonly label: string | null;
  readonly unit: string;
  readonly value: number;
}

type Manifest = Pick<ModelManifest, 'output'>;

/**
 * Candidate less current, output by output: of images statistics of the difference, likeness and noise (CT); of labels
 * the Dice coefficient of each structure that both name and its difference in volume; of numbers the difference.
 * Outputs of different kinds are not compared; two equal images have no PSNR.
 */
export async function compareResults(
  current: { readonly manifest: Manifest; readonly results: readonly ModelResult[] },
  candidate: { readonly manifest: Manifest; readonly results: readonly ModelResult[] },
  facts: Pick<ImageFacts, 'modality'>,
): Promise<ResultDifference[]> {
  const differences: ResultDifference[] = [];
  for (const [index, a] of current.results.entries()) {
    const b = candidate.results[index];
    if (b === undefined) continue;
    if (a.kind === 'image' && b.kind === 'image') differences.push(...images(a, b, facts));
    const [outA, outB] = [current.manifest.output[index], candidate.manifest.output[index]];
    if (a.kind === 'labels' && b.kind === 'labels' && outA?.kind === 'labels' && outB?.kind === 'labels')
      differences.push(...(await labels(a, outA, b, outB)));
    if (a.kind === 'scalar' && b.kind === 'scalar' && outA?.kind === 'scalar' && outB?.kind === 'scalar') {
      outA.values.forEach(({ name, unit }, at) => {
        const other = outB.values.findIndex((one) => one.name === name);
        if (other >= 0)
          differences.push({ name: 'value', label: name, unit, value: b.values[other]! - a.values[at]! });
      });
    }
  }
  return differences.filter(({ value }) => Number.isFinite(value));
}

type Of<Kind> = Extract<ModelResult, { kind: Kind }>;
type LabelOutput = Extract<ModelManifest['output'][number], { kind: 'labels' }>;

function images(
  { volume: a }: Of<'image'>,
  { volume: b }: Of<'image'>,
  facts: Pick<ImageFacts, 'modality'>,
): ResultDifference[] {
  if (!sameGrid(a, b)) return [];
  const { unit } = a;
  let [sum, squares, largest] = [0, 0, 0];
  for (let n = 0; n < a.data.length; n++) {
    const difference = b.data[n]! - a.data[n]!;
    sum += difference;
    squares += difference * difference;
    largest = Math.max(largest, Math.abs(difference));
  }
  const mean = sum / a.data.length;
  const sd = Math.sqrt(Math.max(0, squares / a.data.length - mean * mean));
  const range = rangeOf(a, facts);
  const whole = (name: ResultDifference['name'], of: string, value: number): ResultDifference => ({
    name,
    label: null,
    unit: of,
    value,
  });
  const isCt = facts.modality === 'CT' && unit === "[hnsf'U]";
  const [before, after] = isCt ? [globalNoise(a)?.noiseHu, globalNoise(b)?.noiseHu] : [undefined, undefined];
  return [
    whole('mean', unit, mean),
    whole('sd', unit, sd),
    whole('largest', unit, largest),
    whole('psnr', 'dB', psnr(a, b, range)),
    whole('ssim', '1', ssim(a, b, range)),
    ...(before === undefined || after === undefined ? [] : [whole('noise', unit, after - before)]),
  ];
}

async function labels(
  a: Of<'labels'>,
  outA: LabelOutput,
  b: Of<'labels'>,
  outB: LabelOutput,
): Promise<ResultDifference[]> {
  const found: ResultDifference[] = [];
  for (const [text, { name: label, type }] of Object.entries(outA.labels)) {
    const other = Object.entries(outB.labels).find(
      ([, one]) => one.name === label || (one.type.value === type.value && one.type.scheme === type.scheme),
    );
    if (other === undefined) continue;
    const [mine, theirs] = [maskOf(a.labels, Number(text)), maskOf(b.labels, Number(other[0]))];
    const { dice, volumesMl } = await compareMasks(mine, theirs);
    found.push({ name: 'dice', label, unit: '1', value: dice });
    found.push({ name: 'volume', label, unit: 'mL', value: volumesMl[1] - volumesMl[0] });
  }
  return found;
}

import {
  broughtTo,
  checkRefined,
  judgedTissue,
  median,
  type NullSpaceMap,
  noiseMap,
  type QualityCheckName,
} from '@photopeak/analysis';
import { gridOf, resample, sameGrid, type Volume } from '@photopeak/imaging';
import { rounded } from '../measure-change.ts';
import type { EnhancementImage, EnhancementMethod } from '../method.ts';
import { noiseOf } from '../noise-of.ts';

/** Two images on one grid that differ by what is to be judged alone. */
export interface Comparable {
  readonly original: Volume;
  readonly result: Volume;
  /** Whether these are original and result themselves. */
  readonly isSameValues: boolean;
  /** What making them comparable told. */
  readonly figures: Readonly<Partial<Record<QualityCheckName, number>>>;
  readonly notes: readonly string[];
  /** Of finer planes. */
  readonly nullSpace?: NullSpaceMap;
}

/**
 * Original and result as they can be compared: as they are; of finer planes the slices that a scanner would have seen of
 * them; of harmonised images the original with the values (and on the grid) of the result. Undefined for other grids.
 */
export async function comparable(
  { volume: original, facts, planes }: EnhancementImage,
  result: Volume,
  { task }: Pick<EnhancementMethod, 'task'>,
): Promise<Comparable | undefined> {
  const { above } = judgedTissue(facts.modality, original);
  if (task === 'harmonise') {
    const there = sameGrid(original, result)
      ? original
      : await resample(original, { grid: gridOf(result), interpolation: 'cubic', type: 'float32' });
    const noise = noiseIn(there, facts.modality, above);
    if (noise === undefined) return undefined;
    const { volume, order } = await broughtTo(there, result, { noise, above, planes });
    return {
      original: volume,
      result,
      isSameValues: false,
      figures: order === undefined ? {} : { 'contrast-order': order },
      notes: ['the original was brought to the values of the result for the comparison'],
    };
  }
  if (sameGrid(original, result)) return { original, result, isSameValues: true, figures: {}, notes: [] };
  const noise = noiseIn(original, facts.modality, above);
  if (planes === 'frames' || noise === undefined) return undefined;
  const refined = await checkRefined(original, result, {
    profile: facts.modality === 'MR' ? 'gaussian' : 'box',
    ...(facts.sliceThicknessMm === null ? {} : { sliceThicknessMm: facts.sliceThicknessMm }),
    noise,
    above,
  });
  if (refined === undefined) return undefined;
  const { seen, consistency, nullSpace } = refined;
  keepDark(original, seen, above);
  const [column, row, slice] = nullSpace.voxel;
  const factor = result.size[2] / original.size[2];
  const most = `${rounded(nullSpace.contrast)} ${original.unit === '1' ? '' : original.unit}`.trim();
  return {
    original,
    result: seen,
    isSameValues: false,
    figures: { consistency, 'null-space': nullSpace.score, 'null-space-share': nullSpace.share },
    nullSpace,
    notes: [
      'the planes were compared as slices of the original thickness would show them',
      `detail that the slices cannot tell stands out most (root mean square ${most}) at column ${column}, row ${row} of planes ${slice * factor} to ${(slice + 1) * factor - 1} of the result`,
    ],
  };
}

/**
 * What is dark in the slices and stays so is taken as it was: beside bright slices no planes from zero up give a slice of zero
 * by a slice profile that reaches over to its neighbours, and what is left of that is nothing that a method did.
 */
function keepDark({ data }: Volume, seen: Volume<Float32Array>, above: number): void {
  for (let at = 0; at < data.length; at++)
    if (data[at]! <= above && seen.data[at]! <= above) seen.data[at] = data[at]!;
}

/** Noise as the report tells it, of other modalities the middle of its map; undefined where it cannot be told. */
function noiseIn(volume: Volume, modality: string, above: number): number | undefined {
  const told = noiseOf(volume, modality);
  if (told !== undefined && told > 0) return told;
  const map = noiseMap(volume, { range: [above, Number.MAX_VALUE] });
  const noise = median(map.data);
  return noise > 0 ? noise : undefined;
}

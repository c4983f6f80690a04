import { gaussian, type Volume } from '@photopeak/imaging';

/** Surroundings whose mean counts as level, and those in which streaks are compared, σ. */
const LEVEL_MM = 30;
const NEAR_MM = 9;
/** Deviations beyond are cut off, HU. */
const MOST_HU = 1000;
/** Streaks weaker than noise tell nothing, HU². */
const NOISE_POWER = 100;
/** Of a slice and the streaks: below the first they are not in it, from the second on they are. */
const SLICE_CORRELATION = [0.55, 0.65] as const;

/**
 * How much of some streaks the slices show, 0 to 1 for each voxel: what they deviate from a prior, regressed on the streaks in
 * the surroundings. What a correction would add anew the slices do not show. Voxels of `tissue` are
 * compared, slice by slice; where bone or air prevails, the regression over the whole slice has to do. Streaks that explain
 * little are kept less: `near` by their correlation in the surroundings, `slice` not at all unless the whole slice correlates.
 */
export async function keptShare(
  deviation: Volume<Float32Array>,
  streaks: Float32Array,
  tissue: Uint8Array,
  by: 'near' | 'slice',
): Promise<Float32Array> {
  const smooth = async (data: Float32Array, mm = NEAR_MM) =>
    (await gaussian({ ...deviation, data }, { sigmaMm: [mm, mm, 0] })).data;
  const product = (one: Float32Array, other: Float32Array) => one.map((value, n) => value * other[n]!);
  const weights = await smooth(new Float32Array(tissue), LEVEL_MM);
  const ofTissue = async (data: Float32Array) => {
    const inside = data.map((value, n) => (tissue[n] === 0 ? 0 : cut(value)));
    const level = await smooth(inside, LEVEL_MM);
    for (let n = 0; n < inside.length; n++)
      if (tissue[n] !== 0) inside[n]! -= level[n]! / (weights[n]! + 1e-3);
    return inside;
  };
  const shown = await ofTissue(deviation.data);
  const sought = await ofTissue(streaks);
  const both = product(shown, sought);
  const power = product(sought, sought);
  const all = product(shown, shown);
  const slices = ofSlices([both, power, all], deviation.size[0] * deviation.size[1]);
  const untold = await smooth(streaks.map((value, n) => (tissue[n] === 0 ? cut(value) ** 2 : 0)));
  const [nearBoth, nearPower] = [await smooth(both), await smooth(power)];
  const nearAll = by === 'near' ? await smooth(all) : nearPower;
  return nearBoth.map((value, n) => {
    const { gain: sliceGain, weight } = slices(n);
    const told = nearPower[n]! + NOISE_POWER;
    const gain = unit(value / told);
    const correlation =
      by === 'near' ? Math.max(0, value) / Math.sqrt(told * (nearAll[n]! + NOISE_POWER)) : 1;
    const share = gain * Math.sqrt(Math.min(1, correlation));
    const mixed = (told * share + untold[n]! * sliceGain) / (told + untold[n]!);
    return by === 'slice' ? weight * mixed : mixed;
  });
}

const cut = (value: number) => Math.max(-MOST_HU, Math.min(MOST_HU, value));

/** Regression of whole slices, 0 to 1, and how much their correlation makes of it. */
function ofSlices(
  products: readonly [Float32Array, Float32Array, Float32Array],
  area: number,
): (voxel: number) => { readonly gain: number; readonly weight: number } {
  const found: { gain: number; weight: number }[] = [];
  for (let from = 0; from < products[0].length; from += area) {
    const [both, power, all] = products.map((data) =>
      data.subarray(from, from + area).reduce((sum, value) => sum + value, 0),
    ) as [number, number, number];
    const correlation = both / Math.sqrt(power * all + 1);
    const [none, whole] = SLICE_CORRELATION;
    found.push({ gain: unit(both / (power + 1)), weight: unit((correlation - none) / (whole - none)) });
  }
  return (voxel) => found[Math.floor(voxel / area)]!;
}

const unit = (value: number) => Math.max(0, Math.min(1, value));

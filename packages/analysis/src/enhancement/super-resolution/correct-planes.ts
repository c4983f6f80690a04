import { emptyVolume, gridOf, type Vec3, type Volume } from '@photopeak/imaging';
import { type RefinedSlices, type RefineOptions, relativeThickness } from './refine-slices.ts';
import { settle } from './settle.ts';
import { SliceModel } from './slice-profile.ts';

/** Planes along the normal of the slices: columns lie in the slices, rows run along their normal. One grid for all. */
export interface NormalPlanes {
  /** What the classical method made. */
  readonly refined: Volume<Float32Array>;
  /** The value of the slice that each row lies in. */
  readonly slices: Volume<Float32Array>;
  /** How many fine planes each row lies from the middle of its slice: −1, 0, 1 for a factor of 3. */
  readonly offset: Volume<Float32Array>;
}

/** `refined` as it is better seen, on the same grid; a plane may depend on its neighbours at either side. */
export type PlaneCorrector = (planes: NormalPlanes) => Promise<Volume>;

/** Planes that are corrected at once, beside a neighbour at either side. */
const CHUNK = 32;

/**
 * Refined slices corrected plane by plane, by a network for instance: in the planes of rows and in those of columns, of which
 * the mean is taken, and then made consistent with the slices once more, so that nothing of it can contradict them.
 * `options` are those that `refineSlices` was given. Throws what `correct` throws. Memory: the result as 4-byte numbers, and some
 * planes.
 */
export async function correctPlanes(
  slices: Volume,
  { volume: refined, factor }: Pick<RefinedSlices, 'volume' | 'factor'>,
  options: Omit<RefineOptions, 'factor'>,
  correct: PlaneCorrector,
  progress: (fraction: number) => void = () => {},
): Promise<Omit<RefinedSlices, 'factor'>> {
  const [nx, ny, nz] = slices.size;
  const result = emptyVolume(refined, 'float32', refined.unit);
  for (const isRow of [true, false]) {
    // Of the planes: how many places in a row, how many planes, and the steps between both in the slices.
    const [across, count, step, apart] = isRow ? [nx, ny, 1, nx] : [ny, nx, nx, 1];
    for (let first = 0; first < count; first += CHUNK) {
      const last = Math.min(count, first + CHUNK);
      const from = Math.max(0, first - 1);
      const planes = cut({ slices, refined, factor, across, step, apart }, from, Math.min(count, last + 1));
      const { data } = await correct(planes);
      const size = across * nz * factor;
      for (let n = first; n < last; n++)
        for (let k = 0; k < nz * factor; k++)
          for (let i = 0, at = size * (n - from) + across * k; i < across; i++, at++)
            result.data[n * apart + i * step + nx * ny * k]! += data[at]! / 2;
      progress(((isRow ? 0 : 1) + last / count) / 2);
    }
  }
  const model = new SliceModel(nz, factor, options.profile, relativeThickness(slices, options));
  return { volume: result, ...settle(slices, model, result) };
}

interface Cut {
  readonly slices: Volume;
  readonly refined: Volume<Float32Array>;
  readonly factor: number;
  readonly across: number;
  readonly step: number;
  readonly apart: number;
}

/** Planes `from` to before `to`. */
function cut({ slices, refined, factor, across, step, apart }: Cut, from: number, to: number): NormalPlanes {
  const [nx, ny, nz] = slices.size;
  const [fine, area] = [nz * factor, nx * ny];
  const grid = { ...gridOf(refined), size: [across, fine, to - from] as Vec3 };
  const [a, b, c] = [0, 0, 0].map(() => emptyVolume(grid, 'float32', refined.unit));
  const planes = { refined: a!, slices: b!, offset: c! };
  let at = 0;
  for (let n = from; n < to; n++)
    for (let k = 0; k < fine; k++) {
      const slice = Math.floor(k / factor);
      const offset = k - factor * slice - (factor - 1) / 2;
      for (let i = 0; i < across; i++, at++) {
        const place = n * apart + i * step;
        planes.refined.data[at] = refined.data[place + area * k]!;
        planes.slices.data[at] = slices.data[place + area * slice]!;
        planes.offset.data[at] = offset;
      }
    }
  return planes;
}

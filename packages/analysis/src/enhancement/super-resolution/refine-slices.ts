import { emptyVolume, PhotopeakError, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import {
  applyFilters,
  learnFilters,
  type Plane,
  type PlaneFilters,
  type TrainingPlane,
  trainingPlane,
} from './plane-filters.ts';
import { type Settled, settle } from './settle.ts';
import { SliceModel, type SliceProfile } from './slice-profile.ts';

export interface RefineOptions {
  /** Fine planes for each slice; default: as many as bring the distance nearest to the pixel spacing. */
  readonly factor?: number;
  readonly profile: SliceProfile;
  /** Full width (at half maximum) of a slice, mm; default the distance of slices. */
  readonly sliceThicknessMm?: number;
}

export interface RefinedSlices extends Settled {
  readonly volume: Volume<Float32Array>;
  readonly factor: number;
}

export const MOST_FACTOR = 8;
/** Slices and pixels that filters can be learned from. */
const FEWEST_SLICES = 4;
const FEWEST_PIXELS = 32;
/** Planes that filters are learned from. */
const LEARNED_PLANES = 24;

/** As many fine planes as bring their distance nearest to the spacing in the plane, at most 8. */
export function refinementFactor({ spacingMm: [x, y, z] }: Pick<Volume, 'spacingMm'>): number {
  return Math.min(MOST_FACTOR, Math.max(1, Math.round(z / Math.max(x, y))));
}

/** Full width of a slice in slice distances. */
export const relativeThickness = (
  { spacingMm: [, , z] }: Pick<Volume, 'spacingMm'>,
  { sliceThicknessMm }: Pick<RefineOptions, 'sliceThicknessMm'>,
): number => (sliceThicknessMm ?? z) / z;

/**
 * Thick slices on planes `factor` times as close. What structures of this image look like through thick slices is learned
 * in its own planes, where the resolution is known: the pixels are joined along one axis as the slice profile joins what
 * lies along the normal, and filters are fitted that undo it, by direction and steepness (Zhao et al., SMORE, IEEE Trans.
 * Med. Imaging 2021, has the idea with a network). Both planes along the normal are filtered and averaged. As the last step
 * the result is moved to the nearest image that gives the measured slices when it is seen with thick slices again.
 * Throws `SUPER_RESOLUTION_INPUT`. Memory: the slices and the result as 4-byte numbers.
 */
export function refineSlices(
  volume: Volume,
  options: RefineOptions,
  progress: (fraction: number) => void = () => {},
): RefinedSlices {
  const factor = options.factor ?? refinementFactor(volume);
  const [nx, ny, nz] = volume.size;
  if (
    factor < 2 ||
    factor > MOST_FACTOR ||
    nz < FEWEST_SLICES ||
    Math.min(nx, ny) < Math.max(FEWEST_PIXELS, 4 * factor)
  ) {
    throw new PhotopeakError('the slices cannot be refined', {
      code: 'SUPER_RESOLUTION_INPUT',
      expected: `at least ${FEWEST_SLICES} slices of at least ${FEWEST_PIXELS} pixels, at least 1.5 times as far apart as the pixels`,
      found: `${nz} slices of ${nx} × ${ny}, ${volume.spacingMm.map((mm) => mm.toFixed(2)).join(' × ')} mm`,
      remedy: 'choose another series, or a factor of 2 to 8',
    });
  }
  const thickness = relativeThickness(volume, options);
  const filters = learn(volume, factor, options.profile, thickness);
  progress(0.2);
  const result = emptyVolume(fineGrid(volume, factor), 'float32', volume.unit);
  predict(volume, filters, result, (part) => progress(0.2 + 0.6 * part));
  const model = new SliceModel(nz, factor, options.profile, thickness);
  const settled = settle(volume, model, result);
  progress(1);
  return { volume: result, factor, ...settled };
}

function fineGrid(volume: Volume, factor: number) {
  const [nx, ny, nz] = volume.size;
  const [dx, dy, dz] = volume.spacingMm;
  return {
    size: [nx, ny, nz * factor] as Vec3,
    spacingMm: [dx, dy, dz / factor] as Vec3,
    origin: toWorld(volume, [0, 0, (1 - factor) / (2 * factor)]),
    direction: volume.direction,
  };
}

/** Planes of slices spread over the volume, both axes of each in turn as the direction that is joined. */
function learn(volume: Volume, factor: number, profile: SliceProfile, thickness: number): PlaneFilters {
  const [nx, ny, nz] = volume.size;
  const planes: TrainingPlane[] = [];
  const count = Math.min(nz, LEARNED_PLANES);
  for (let n = 0; n < count; n++) {
    const k = Math.floor(((n + 0.5) * nz) / count);
    for (const isColumn of [true, false]) {
      const [along, across] = isColumn ? [ny, nx] : [nx, ny];
      const slices = Math.floor(along / factor);
      const data = new Float32Array(slices * factor * across);
      for (let j = 0; j < slices * factor; j++) {
        for (let i = 0; i < across; i++) {
          data[i + across * j] = volume.data[isColumn ? i + nx * (j + ny * k) : j + nx * (i + ny * k)]!;
        }
      }
      const model = new SliceModel(slices, factor, profile, thickness);
      planes.push(trainingPlane({ data, across, along: slices * factor }, model));
    }
  }
  return learnFilters(planes, factor);
}

/** Half from the planes of rows, half from the planes of columns. */
function predict(
  { size, data }: Volume,
  filters: PlaneFilters,
  result: Volume<Float32Array>,
  progress: (fraction: number) => void,
): void {
  const [nx, ny, nz] = size;
  const fine = nz * filters.factor;
  for (const isRow of [true, false]) {
    const [across, count, step, apart] = isRow ? [nx, ny, 1, nx] : [ny, nx, nx, 1];
    const plane: Plane = { data: new Float32Array(across * nz), across, along: nz };
    const out = new Float32Array(across * fine);
    for (let n = 0; n < count; n++) {
      for (let k = 0; k < nz; k++)
        for (let i = 0; i < across; i++)
          plane.data[i + across * k] = data[n * apart + i * step + nx * ny * k]!;
      out.fill(0);
      applyFilters(plane, filters, 0.5, out);
      for (let k = 0; k < fine; k++)
        for (let i = 0; i < across; i++)
          result.data[n * apart + i * step + nx * ny * k]! += out[i + across * k]!;
      progress(((isRow ? 0 : 1) + n / count) / 2);
    }
  }
}

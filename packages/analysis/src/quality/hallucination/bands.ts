import { downsample, emptyVolume, gaussian, type Vec3, type Volume } from '@photopeak/imaging';

/** What lies between two sizes, of the original and of the change (enhanced minus original), on one grid. */
export interface Band {
  /** Gaussian width of the finer of the two smoothings whose difference this is, mm. */
  readonly sigmaMm: number;
  readonly original: Volume<Float32Array>;
  readonly change: Volume<Float32Array>;
  /** Root mean square of the band of the original around each voxel: how much there is that may be blurred. */
  readonly anatomy: Volume<Float32Array>;
  /** Voxels of the full grid for one of this along i, j, k. */
  readonly factors: Vec3;
}

/** Each band's smoothing is this much wider than that of the band before. */
export const BAND_RATIO = 1.6;
/** Around each voxel anatomy is averaged over this many times the width of the band. */
const ANATOMY_WIDTH = 1.5;
/** Planes are halved once a smoothing is this many voxels wide: it leaves nothing finer. */
const HALVE_FROM_VOXELS = 2;

/** Original and change, smoothed by the finest width. */
export type BandStart = [original: Volume<Float32Array>, change: Volume<Float32Array>];

/**
 * Differences of Gaussians (Lindeberg's approximation to the scale-normalised Laplacian) of original and change, from
 * fine to coarse. `across`: also along the third axis, where it is space. Each band may be changed by who takes it.
 * `smoothed` is emptied: images of a slab are large, and each is let go once its band is done.
 */
export async function* bandsOf(
  smoothed: BandStart,
  finestMm: number,
  count: number,
  across: boolean,
): AsyncGenerator<Band> {
  const widths = (mm: number): Vec3 => [mm, mm, across ? mm : 0];
  let sigmaMm = finestMm;
  let factors: Vec3 = [1, 1, 1];
  let [x, d] = smoothed.splice(0) as BandStart;
  for (let n = 0; n < count; n++) {
    const wider = sigmaMm * BAND_RATIO;
    const step = widths(Math.sqrt(wider * wider - sigmaMm * sigmaMm));
    const nextX = await gaussian(x, { sigmaMm: step });
    const nextD = await gaussian(d, { sigmaMm: step });
    const squares = emptyVolume(x, 'float32', x.unit);
    for (let at = 0; at < x.data.length; at++) {
      x.data[at]! -= nextX.data[at]!;
      d.data[at]! -= nextD.data[at]!;
      squares.data[at] = x.data[at]! * x.data[at]!;
    }
    const anatomy = await gaussian(squares, { sigmaMm: widths(ANATOMY_WIDTH * sigmaMm) });
    for (let at = 0; at < anatomy.data.length; at++) anatomy.data[at] = Math.sqrt(anatomy.data[at]!);
    yield { sigmaMm, original: x, change: d, anatomy, factors };
    [x, d, sigmaMm] = [nextX, nextD, wider];
    const halve = [0, 1].map((axis) => (wider >= HALVE_FROM_VOXELS * x.spacingMm[axis]! ? 2 : 1));
    if (n + 1 < count && halve[0] === 2 && halve[1] === 2 && Math.min(x.size[0], x.size[1]) > 64) {
      [x, d] = [downsample(x, [2, 2, 1]), downsample(d, [2, 2, 1])];
      factors = [factors[0] * 2, factors[1] * 2, factors[2]];
    }
  }
}

import { type Volume, worldToVoxel } from '@photopeak/imaging';
import { valueAt } from '../sampling/index.ts';
import type { InsideTest } from './field-of-view.ts';
import { BORDER_MM, type Foreground } from './foreground.ts';

/** Points in a body, with the value of the image at each of them. */
export interface Scattered {
  readonly count: number;
  /** LPS mm, x y z of each point. */
  readonly position: Float64Array;
  readonly value: Float32Array;
}

/** Powers of the plastic number: the additive sequence of lowest known discrepancy in four dimensions (Roberts 2018). */
const GOLDEN_4D = 1.1673039782614187;
const STRIDE = [1, 2, 3, 4].map((power) => 1 / GOLDEN_4D ** power) as [number, number, number, number];
/** Points tried for each point wanted; a thin body in a large box needs many. */
const TRIES = 40;

function fraction(value: number): number {
  return value - Math.floor(value);
}

/**
 * `wanted` points spread evenly over the body and, thinning out, over the air just around it. They lie off the voxel
 * centres: on the centres the interpolation of a grid-aligned pair is exact and would hold the optimum to whole voxels
 * (Pluim 2000, interpolation artefacts). `isInside` may leave points out. Another seed gives other points; nothing here is random.
 */
export function scatter(
  image: Volume,
  body: Foreground,
  wanted: number,
  seed: number,
  isInside: InsideTest = () => true,
): Scattered {
  const found: { place: number; x: number; y: number; z: number; value: number }[] = [];
  const mask = body.weight;
  const toMask = worldToVoxel(mask);
  const toImage = worldToVoxel(image);
  const [mx, my, mz] = mask.size;
  const [nx, ny] = image.size;
  const low = body.low.map((mm) => mm - BORDER_MM);
  const span = body.high.map((mm, axis) => mm + BORDER_MM - low[axis]!);
  const shift = STRIDE.map((stride) => fraction(seed * 0.7548776662 * (1 + stride)));
  for (let n = 1; n <= TRIES * wanted && found.length < wanted; n++) {
    const x = low[0]! + span[0]! * fraction(shift[0]! + n * STRIDE[0]);
    const y = low[1]! + span[1]! * fraction(shift[1]! + n * STRIDE[1]);
    const z = low[2]! + span[2]! * fraction(shift[2]! + n * STRIDE[2]);
    const i = Math.round(toMask[0] * x + toMask[1] * y + toMask[2] * z + toMask[3]);
    const j = Math.round(toMask[4] * x + toMask[5] * y + toMask[6] * z + toMask[7]);
    const k = Math.round(toMask[8] * x + toMask[9] * y + toMask[10] * z + toMask[11]);
    if (i < 0 || j < 0 || k < 0 || i >= mx || j >= my || k >= mz) continue;
    if (fraction(shift[3]! + n * STRIDE[3]) >= mask.data[i + mx * (j + my * k)]!) continue;
    if (!isInside(x, y, z)) continue;
    const vx = toImage[0] * x + toImage[1] * y + toImage[2] * z + toImage[3];
    const vy = toImage[4] * x + toImage[5] * y + toImage[6] * z + toImage[7];
    const vz = toImage[8] * x + toImage[9] * y + toImage[10] * z + toImage[11];
    const value = valueAt(image, vx, vy, vz);
    if (value === undefined) continue;
    found.push({ place: Math.round(vx) + nx * (Math.round(vy) + ny * Math.round(vz)), x, y, z, value });
  }
  // In the order of the voxels, so that the memory of both images is read nearly in sequence.
  found.sort((a, b) => a.place - b.place);
  const position = new Float64Array(3 * found.length);
  const values = new Float32Array(found.length);
  found.forEach((point, n) => {
    position[3 * n] = point.x;
    position[3 * n + 1] = point.y;
    position[3 * n + 2] = point.z;
    values[n] = point.value;
  });
  return { count: found.length, position, value: values };
}

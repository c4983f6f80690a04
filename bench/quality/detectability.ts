/** How well a fault could be seen in the noise of the original, by whoever knew its shape and place. */
import { gaussian, type Vec3, type Volume } from '@photopeak/imaging';
import type { Base } from './cases.ts';
import type { Draw, Shape } from './plant.ts';

const CHANNELS = 5;
const RATIO = 1.6;
const FINEST_MM = 0.65;
/** Of pixels: an image shows nothing finer. */
const FINEST_PIXELS = 0.6;
const SAMPLES = 160;
/** Noise is that of places this near in the plane, mm, and in this many planes. */
const NEAR_MM = 40;
const NEAR_PLANES = 3;
/** Of the greatest: what is below is nothing. */
const LEAST = 0.02;

/**
 * d′ of contrast 1: the change that a fault is, seen through the difference of Gaussians that shows it best (as the
 * channels of a channelised observer), over the standard deviation that the noise of the original itself has through the
 * same template at places around. Undefined where there is too little tissue around to tell.
 */
export async function detectability(
  { clean, noise }: Base,
  shape: Shape,
  { above, counts, across }: { readonly above: number; readonly counts: boolean; readonly across: boolean },
  draw: Draw,
): Promise<number | undefined> {
  const [bx, by] = shape.box.size;
  const [nx, ny, nz] = clean.size;
  const index = ([i, j, k]: Vec3) => i + nx * (j + ny * k);
  const values = shape.inResult.map((value, at) => value - shape.inOriginal[at]!);
  const change: Volume<Float32Array> = { ...clean, size: shape.box.size, data: values };
  const widths = (mm: number): Vec3 => [mm, mm, across ? mm : 0];
  // Noise of counts grows with the activity: that of other places is brought to this one.
  const here = Math.max(above, clean.data[index(shape.center)]!);
  const scaled = (at: number) =>
    counts ? noise[at]! * Math.sqrt(here / Math.max(above, clean.data[at]!)) : noise[at]!;
  let best = 0;
  let mm = Math.max(FINEST_MM, FINEST_PIXELS * clean.spacingMm[0]);
  let fine = await gaussian(change, { sigmaMm: widths(mm) });
  for (let channel = 0; channel < CHANNELS; channel++) {
    const coarse = await gaussian(fine, { sigmaMm: widths(mm * Math.sqrt(RATIO * RATIO - 1)) });
    const template = fine.data.map((value, at) => value - coarse.data[at]!);
    const most = template.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const taken: { readonly i: number; readonly j: number; readonly k: number; readonly weight: number }[] =
      [];
    let signal = 0;
    template.forEach((weight, at) => {
      if (Math.abs(weight) < LEAST * most) return;
      signal += weight * values[at]!;
      taken.push({ i: at % bx, j: Math.floor(at / bx) % by, k: Math.floor(at / (bx * by)), weight });
    });
    let [squares, count] = [0, 0];
    for (let trial = 0; trial < 4 * SAMPLES && count < SAMPLES; trial++) {
      const step = [
        Math.round(((2 * draw.uniform() - 1) * NEAR_MM) / clean.spacingMm[0]),
        Math.round(((2 * draw.uniform() - 1) * NEAR_MM) / clean.spacingMm[1]),
        nz > 1 ? Math.round((2 * draw.uniform() - 1) * NEAR_PLANES) : 0,
      ];
      const start = shape.box.start.map((at, axis) => at + step[axis]!) as unknown as Vec3;
      const isInside = start.every((at, axis) => at >= 0 && at + shape.box.size[axis]! <= clean.size[axis]!);
      const middle = shape.center.map((at, axis) => at + step[axis]!) as unknown as Vec3;
      if (!isInside || !(clean.data[index(middle)]! > above)) continue;
      let sum = 0;
      const first = index(start);
      for (const { i, j, k, weight } of taken) sum += weight * scaled(first + i + nx * (j + ny * k));
      squares += sum * sum;
      count++;
    }
    if (count >= SAMPLES / 4) best = Math.max(best, Math.abs(signal) / Math.sqrt(squares / count));
    [fine, mm] = [coarse, mm * RATIO];
  }
  return best > 0 ? best : undefined;
}

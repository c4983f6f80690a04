import { createVolume, type Grid, identity, toWorld, translation, type Vec3 } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { carriedContours, contouredMl, maskContours, uptakeContours } from './index.ts';

const axial = (size: Vec3, spacingMm: Vec3, origin: Vec3): Grid => ({
  size,
  spacingMm,
  origin,
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
});

/** A blurred ball as a PET of coarse voxels shows it, and the voxels above a level. */
function uptake(
  grid: Grid,
  balls: readonly { readonly centre: Vec3; readonly radius: number }[],
  level: number,
) {
  const [nx, ny, nz] = grid.size;
  const values = new Float32Array(nx * ny * nz);
  const labels = new Uint8Array(values.length);
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        const p = toWorld(grid, [i, j, k]);
        for (const [index, { centre, radius }] of balls.entries()) {
          const r = Math.hypot(...p.map((mm, axis) => mm - centre[axis]!));
          const value = 10 / (1 + Math.exp((r - radius) / 2));
          if (value > values[at]!) {
            values[at] = value;
            labels[at] = value >= level ? index + 1 : 0;
          }
        }
      }
  return { values: createVolume(grid, values, 'g/ml{SUVbw}'), labels: createVolume(grid, labels, '1') };
}

describe('a lesion of the PET on the slices of the CT', () => {
  const pet = axial([40, 40, 30], [4, 4, 4.4], [-78, -78, -64]);
  const ct = axial([160, 160, 60], [1, 1, 2.5], [-79.7, -80.2, -74]);
  const radius = 14;
  const ball = ((4 / 3) * Math.PI * radius ** 3) / 1000;

  it('has the volume of the isocontour, not that of the coarse voxels', async () => {
    const region = uptake(pet, [{ centre: [3, -2, 1], radius }], 5);
    const contours = await uptakeContours({ ...region, label: 1, level: 5 }, ct, identity);
    expect(Math.abs(contouredMl(contours, ct) / ball - 1)).toBeLessThan(0.03);
    const slices = contours.map(({ slice }) => toWorld(ct, [0, 0, slice])[2]);
    expect(Math.min(...slices)).toBeCloseTo(1 - radius, -1);
    for (const { points } of contours)
      for (let n = 0; n < points.length; n += 3)
        expect(
          Math.abs(Math.hypot(points[n]! - 3, points[n + 1]! + 2, points[n + 2]! - 1) - radius),
        ).toBeLessThan(1.5);
  });

  it('follows the alignment of the two', async () => {
    const region = uptake(pet, [{ centre: [3, -2, 1], radius }], 5);
    const moved = await uptakeContours({ ...region, label: 1, level: 5 }, ct, translation([10, 0, -5]));
    const middle = moved.flatMap(({ points }) =>
      Array.from({ length: points.length / 3 }, (_, n) => points[3 * n]!),
    );
    expect((Math.min(...middle) + Math.max(...middle)) / 2).toBeCloseTo(13, 0);
    expect(Math.abs(contouredMl(moved, ct) / ball - 1)).toBeLessThan(0.03);
  });

  it('leaves a touching neighbour to its own contours, and beside the CT there are none', async () => {
    const two = uptake(
      pet,
      [
        { centre: [-14, 0, 0], radius },
        { centre: [14, 0, 0], radius },
      ],
      5,
    );
    const first = await uptakeContours({ ...two, label: 1, level: 5 }, ct, identity);
    for (const { points } of first)
      for (let n = 0; n < points.length; n += 3) expect(points[n]!).toBeLessThan(4);
    expect(await uptakeContours({ ...two, label: 1, level: 5 }, ct, translation([900, 0, 0]))).toEqual([]);
    expect(await uptakeContours({ ...two, label: 7, level: 5 }, ct, identity)).toEqual([]);
  });
});

describe('contours carried to another image', () => {
  const before = axial([90, 90, 40], [1.2, 1.2, 3], [-54, -54, -60]);
  const now = axial([110, 110, 50], [1, 1, 2.5], [-50, -58, -61]);
  const data = new Uint8Array(90 * 90 * 40);
  for (let k = 0, at = 0; k < 40; k++)
    for (let j = 0; j < 90; j++)
      for (let i = 0; i < 90; i++, at++) if (Math.hypot(...toWorld(before, [i, j, k])) <= 20) data[at] = 1;
  const contours = maskContours(createVolume(before, data, '1'));
  const ball = ((4 / 3) * Math.PI * 8000) / 1000;

  it('keep volume and place under a movement', async () => {
    // A point of now lies 6 mm further right, 4 mm lower in the images from before.
    const carried = await carriedContours(contours, before, now, { pull: translation([-6, 0, -4]) });
    expect(Math.abs(contouredMl(carried, now) / ball - 1)).toBeLessThan(0.02);
    const xs = carried.flatMap(({ points }) =>
      Array.from({ length: points.length / 3 }, (_, n) => points[3 * n]!),
    );
    const zs = carried.map(({ points }) => points[2]!);
    expect((Math.min(...xs) + Math.max(...xs)) / 2).toBeCloseTo(6, 0);
    expect((Math.min(...zs) + Math.max(...zs)) / 2).toBeCloseTo(4, -1);
  });

  it('follow a field of displacements', async () => {
    const size: Vec3 = [3, 3, 3];
    const field = {
      size,
      spacingMm: [60, 60, 60] as Vec3,
      origin: [-60, -60, -60] as Vec3,
      direction: before.direction,
      data: Float32Array.from({ length: 81 }, (_, at) => (at % 3 === 0 ? -8 : 0)),
    };
    const carried = await carriedContours(contours, before, now, { pull: identity, field });
    const xs = carried.flatMap(({ points }) =>
      Array.from({ length: points.length / 3 }, (_, n) => points[3 * n]!),
    );
    expect((Math.min(...xs) + Math.max(...xs)) / 2).toBeCloseTo(8, 0);
  });
});

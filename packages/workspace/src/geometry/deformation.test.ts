import { describe, expect, it } from 'vitest';
import { type DisplacementField, deformPlane, deformShape, largestMm, toCt, toPet } from './deformation.ts';
import { type Grid, toVoxel, toWorld, type Vec3 } from './grid.ts';
import { voxelAt } from './sampling.ts';

/** Breathing: up to 12 mm along the body, fading to every side. */
const breath = ([x, y, z]: Vec3): Vec3 => [
  0.05 * y,
  0,
  12 * Math.exp(-((x / 30) ** 2 + (y / 30) ** 2 + (z / 30) ** 2)),
];

function fieldOf(displacement: (point: Vec3) => Vec3): DisplacementField {
  const grid: Grid = {
    size: [18, 18, 18],
    spacingMm: [6, 6, 6],
    origin: [-51, 51, -51],
    direction: [1, 0, 0, 0, -1, 0, 0, 0, 1],
  };
  const data = new Float32Array(3 * 18 ** 3);
  for (let n = 0; n < 18 ** 3; n++) {
    const ijk: Vec3 = [n % 18, Math.floor(n / 18) % 18, Math.floor(n / 324)];
    data.set(displacement(toWorld(grid, ijk)), 3 * n);
  }
  return { ...grid, data };
}

const field = fieldOf(breath);
const pet: Grid = {
  size: [32, 30, 28],
  spacingMm: [3, 3, 3],
  origin: [-46, -44, -41],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

describe('a displacement field', () => {
  it('leads from CT to PET and back, and moves nothing beyond its nodes', () => {
    for (const point of [
      [3, -4, 5],
      [-20, 11, 17],
      [30, 30, -30],
    ] as const) {
      const there = toPet(field, point);
      const back = toCt(field, there);
      expect(Math.hypot(back[0] - point[0], back[1] - point[1], back[2] - point[2])).toBeLessThan(0.01);
    }
    // Between nodes a curve is taken for straight: a few tenths of a millimetre.
    expect(Math.abs(toPet(field, [3, -4, 5])[2] - 5 - breath([3, -4, 5])[2])).toBeLessThan(0.3);
    expect(toPet(field, [200, 0, 0])).toEqual([200, 0, 0]);
    expect(largestMm(field)).toBeLessThan(12.5);
    expect(largestMm(field)).toBeGreaterThan(10);
  });

  it('brings the PET to the CT', () => {
    const size = pet.size[0] * pet.size[1] * pet.size[2];
    const value = ([x, y, z]: Vec3) => 100 + x - 0.5 * y + 2 * z;
    const data = new Float32Array(size);
    for (let n = 0; n < size; n++)
      data[n] = value(toWorld(pet, [n % 32, Math.floor(n / 32) % 30, Math.floor(n / 960)]));
    const out = new Float32Array(size);
    for (let k = 0; k < 28; k++) deformPlane({ ...pet, data }, field, pet, k, out);
    for (let n = 0; n < size; n += 7) {
      const ijk: Vec3 = [n % 32, Math.floor(n / 32) % 30, Math.floor(n / 960)];
      const there = toPet(field, toWorld(pet, ijk));
      const inside = toVoxel(pet, there).every((v, axis) => v >= 0 && v <= pet.size[axis]! - 1);
      if (inside) expect(Math.abs(out[n]! - value(there))).toBeLessThan(0.01);
    }
  });

  it('brings a region of the PET to the CT', () => {
    const centre: Vec3 = [6, -4, 10];
    const inBall = (p: Vec3) => Math.hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]) < 9;
    const grid: Grid = { ...pet, size: [9, 9, 9], origin: [-6, -16, -2] };
    const mask = new Uint8Array(729).map((_, n) =>
      inBall(toWorld(grid, [n % 9, Math.floor(n / 9) % 9, Math.floor(n / 81)])) ? 1 : 0,
    );
    const shape = deformShape({ label: 1, grid, mask }, field, largestMm(field));
    const middle = toCt(field, centre);
    expect(middle[2]).toBeLessThan(centre[2] - 5);
    const at = (point: Vec3) => voxelAt({ ...shape.grid, data: shape.mask }, point);
    expect(at(middle)).toBe(1);
    expect(at(toCt(field, [6, -4, 17]))).toBe(1);
    expect(at(toCt(field, [6, -4, 22])) ?? 0).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { centre, type Grid, identity, type Mat4, moveGrid, toVoxel, toWorld, type Vec3 } from './grid.ts';
import { isAlmostUpright, resamplePlane, straightened, tiltMm, uprightGrid } from './resampling.ts';

const grid: Grid = {
  size: [24, 20, 16],
  spacingMm: [2, 3, 4],
  origin: [-23, 11, -30],
  direction: [1, 0, 0, 0, -1, 0, 0, 0, 1],
};

/** A turn about z after one about x. */
function turn(degreesX: number, degreesZ: number, [tx, ty, tz]: Vec3): Mat4 {
  const [a, b] = [(degreesX * Math.PI) / 180, (degreesZ * Math.PI) / 180];
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
  return [cb, -sb * ca, sb * sa, tx, sb, cb * ca, -cb * sa, ty, 0, sa, ca, tz, 0, 0, 0, 1];
}

const moved = moveGrid(grid, turn(3, -2, [4, -1, 2.5]));
const count = grid.size[0] * grid.size[1] * grid.size[2];

function eachVoxel(of: Grid, visit: (ijk: Vec3, at: number) => void): void {
  let at = 0;
  for (let k = 0; k < of.size[2]; k++)
    for (let j = 0; j < of.size[1]; j++) for (let i = 0; i < of.size[0]; i++) visit([i, j, k], at++);
}

function resampled(source: Grid & { readonly data: Float32Array | Int16Array }, target: Grid): Float32Array {
  const out = new Float32Array(target.size[0] * target.size[1] * target.size[2]);
  for (let k = 0; k < target.size[2]; k++) resamplePlane(source, target, k, out);
  return out;
}

/** How far a point lies outside of the voxel centres, in voxels. */
function outside(source: Grid, point: Vec3): number {
  return Math.max(...toVoxel(source, point).map((v, axis) => Math.max(-v, v - source.size[axis]! + 1)));
}

describe('a grid along the patient axes', () => {
  it('is what a shift leaves and a turn does not', () => {
    expect(tiltMm(grid)).toBe(0);
    expect(tiltMm(moveGrid(grid, turn(0, 0, [4, 1, 2])))).toBe(0);
    expect(tiltMm(moveGrid(grid, turn(90, 0, [0, 0, 0])))).toBeLessThan(1e-12);
    expect(tiltMm(moveGrid(grid, turn(1e-4, 0, [0, 0, 0])))).toBeGreaterThan(1e-6);
  });

  it('is told from a tilted one by the way of the corners', () => {
    const degrees = 0.05;
    const tilted = moveGrid(grid, turn(0, degrees, [7, 0, 0]));
    const corner = Math.hypot(23 * 2, 19 * 3) / 2;
    expect(tiltMm(tilted)).toBeCloseTo(2 * corner * Math.sin((degrees * Math.PI) / 360), 9);
    expect(isAlmostUpright(tilted)).toBe(true);
    expect(isAlmostUpright(moveGrid(grid, turn(0.11, 0, [0, 0, 0])))).toBe(false);
    const straight = straightened(tilted);
    expect(tiltMm(straight)).toBe(0);
    expect(straight.size).toEqual(grid.size);
    centre(straight).forEach((value, axis) => {
      expect(value).toBeCloseTo(centre(tilted)[axis]!, 9);
    });
  });

  it('is the grid itself where that is upright', () => {
    const upright = uprightGrid(moveGrid(grid, identity));
    expect(upright.size).toEqual(grid.size);
    expect(upright.direction.map((cosine) => cosine + 0)).toEqual(grid.direction);
    upright.origin.forEach((value, axis) => {
      expect(value).toBeCloseTo(grid.origin[axis]!, 9);
    });
  });

  it('keeps the spacing and holds every voxel of a turned grid, and little else', () => {
    const upright = uprightGrid(moved);
    expect(tiltMm(upright)).toBe(0);
    expect(upright.spacingMm).toEqual(grid.spacingMm);
    eachVoxel(moved, (ijk) => {
      expect(outside(upright, toWorld(moved, ijk))).toBeLessThan(1e-5);
    });
    upright.size.forEach((n, axis) => {
      expect(n - grid.size[axis]!).toBeLessThanOrEqual(3);
    });
  });
});

describe('resampling', () => {
  it('gives the same voxels on the same grid', () => {
    const data = Int16Array.from({ length: count }, (_, at) => ((at * 7919) % 4001) - 2000);
    expect(resampled({ ...grid, data }, grid)).toEqual(Float32Array.from(data));
  });

  it('gives a linear function of the place exactly, and nothing beyond the voxels', () => {
    const value = ([x, y, z]: Vec3) => 1000 + 2 * x - 3 * y + 5 * z;
    const data = new Float32Array(count);
    eachVoxel(moved, (ijk, at) => {
      data[at] = value(toWorld(moved, ijk));
    });
    const target = uprightGrid(moved);
    const out = resampled({ ...moved, data }, target);
    const seen = { inside: 0, edge: 0, outside: 0 };
    eachVoxel(target, (ijk, at) => {
      const point = toWorld(target, ijk);
      const beyond = outside(moved, point);
      if (beyond <= 0) {
        seen.inside++;
        expect(out[at]).toBeCloseTo(value(point), 2);
      } else if (beyond <= 0.499) {
        seen.edge++;
        expect(Math.abs(out[at]! - value(point))).toBeLessThan(0.5 * (2 * 2 + 3 * 3 + 5 * 4));
      } else if (beyond > 0.501) {
        seen.outside++;
        expect(out[at]).toBe(0);
      }
    });
    expect(seen.inside).toBeGreaterThan(0.7 * count);
    expect(seen.edge).toBeGreaterThan(100);
    expect(seen.outside).toBeGreaterThan(100);
  });

  it('weighs the eight neighbours by hand-computed shares', () => {
    const cube: Grid = { ...grid, size: [2, 2, 2], spacingMm: [1, 1, 1], origin: [0, 0, 0] };
    const upright = { ...cube, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
    const data = Float32Array.of(0, 8, 16, 24, 80, 88, 96, 104);
    const target: Grid = { ...upright, size: [1, 1, 1], origin: [0.25, 0.5, 0.75] };
    // 0.25·8 + 0.5·16 + 0.75·80
    expect(resampled({ ...upright, data }, target)).toEqual(Float32Array.of(70));
  });
});

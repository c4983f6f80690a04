import { createVolume, type Grid, toVoxel, toWorld, type Vec3 } from '@photopeak/imaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orientationNames, orientedGrid } from '../test-support/grids.ts';
import { contoursToMask, labelContours, levelContours, maskContours, type SliceContour } from './index.ts';

const unit = (size: Vec3): Grid => ({
  size,
  spacingMm: [1, 1, 1],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
});

/** Rows of a picture, one character a voxel. */
function drawn(...rows: readonly string[]) {
  const data = Uint8Array.from(rows.join(''), (character) =>
    character === '.' ? 0 : Number(character) || 1,
  );
  return createVolume(unit([rows[0]!.length, rows.length, 1]), data, '1');
}

const ball = (grid: Grid, centre: Vec3, radiusMm: number) => {
  const [nx, ny, nz] = grid.size;
  const data = new Uint8Array(nx * ny * nz);
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        const p = toWorld(grid, [i, j, k]);
        if (Math.hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]) <= radiusMm) data[at] = 1;
      }
  return createVolume(grid, data, '1');
};

/** Area that the contours of slices along z enclose together, mm². */
function area(contours: readonly SliceContour[]): number {
  let sum = 0;
  for (const { points } of contours) {
    const count = points.length / 3;
    for (let n = 0; n < count; n++) {
      const m = (n + 1) % count;
      sum += (points[3 * n]! * points[3 * m + 1]! - points[3 * m]! * points[3 * n + 1]!) / 2;
    }
  }
  return sum;
}

const corners = (contours: readonly SliceContour[]) =>
  contours.reduce((sum, { points }) => sum + points.length / 3, 0);

/** A random picture: blobs, dust, holes, diagonals, and voxels at the edge. */
const picture = fc
  .record({
    width: fc.integer({ min: 1, max: 14 }),
    height: fc.integer({ min: 1, max: 14 }),
    values: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 392, maxLength: 392 }),
  })
  .map(({ width, height, values }) =>
    createVolume(unit([width, height, 2]), Uint8Array.from(values.slice(0, width * height * 2)), '1'),
  );

describe('contours of a mask', () => {
  it('run midway between the voxels, with one corner for each bend', () => {
    const [square, ...others] = maskContours(drawn('....', '.11.', '.11.', '....'), { toleranceVoxels: 0 });
    expect(others).toEqual([]);
    expect(square).toMatchObject({ slice: 0, isHole: false });
    expect(square!.points).toHaveLength(3 * 8);
    expect(area([square!])).toBe(3.5);
  });

  it('leave out nothing but the corners that marching squares cuts: half a voxel for each contour', () => {
    fc.assert(
      fc.property(picture, (mask) => {
        const contours = maskContours(mask, { toleranceVoxels: 0, holes: 'separate' });
        const voxels = mask.data.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
        const outers = contours.filter(({ isHole }) => !isHole).length;
        expect(area(contours)).toBeCloseTo(voxels - 0.5 * (2 * outers - contours.length), 9);
      }),
    );
  });

  it('give back every voxel when they are filled, with any allowed tolerance and both kinds of holes', () => {
    fc.assert(
      fc.property(
        picture,
        fc.constantFrom(0, 0.1, 0.2, 0.35),
        fc.constantFrom('keyhole', 'separate'),
        (mask, toleranceVoxels, holes) => {
          const contours = maskContours(mask, { toleranceVoxels, holes: holes as 'keyhole' });
          const back = contoursToMask(contours, mask);
          expect([...back.data]).toEqual(Array.from(mask.data, (value) => (value === 0 ? 0 : 1)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('join holes, also holes behind holes and islands within them, to one polygon each', () => {
    const mask = drawn(
      '11111111111',
      '1.1.1.....1',
      '1...1.111.1',
      '11111.1.1.1',
      '1.1.1.111.1',
      '11111.....1',
      '11111111111',
    );
    const separate = maskContours(mask, { holes: 'separate', toleranceVoxels: 0 });
    expect(separate.filter(({ isHole }) => isHole)).toHaveLength(5);
    const joined = maskContours(mask, { toleranceVoxels: 0 });
    expect(joined).toHaveLength(2);
    expect(area(joined)).toBeCloseTo(area(separate), 9);
    expect(contoursToMask(joined, mask).data).toEqual(mask.data);
  });

  it('keep apart what touches by a corner only', () => {
    expect(maskContours(drawn('1.', '.1'))).toHaveLength(2);
  });

  it('come for many labels at once as for each alone', () => {
    const labels = drawn('112233', '1.2.3.', '112233', '..4444');
    const all = labelContours(labels, [1, 2, 3, 9]);
    expect(all.get(9)).toEqual([]);
    for (const label of [1, 2, 3]) {
      const mask = { ...labels, data: labels.data.map((value) => (value === label ? 1 : 0)) };
      expect(all.get(label)).toEqual(maskContours(mask));
    }
  });

  for (const orientation of orientationNames) {
    it(`lie on the slices of the grid: ${orientation}`, () => {
      const grid = orientedGrid(orientation, [24, 20, 8]);
      const mask = ball(grid, toWorld(grid, [11.2, 9.7, 3.6]), 9);
      const contours = maskContours(mask);
      expect(contours.length).toBeGreaterThan(3);
      for (const { slice, points } of contours) {
        for (let n = 0; n < points.length; n += 3) {
          const [i, j, k] = toVoxel(grid, [points[n]!, points[n + 1]!, points[n + 2]!]);
          expect(k).toBeCloseTo(slice, 9);
          for (const at of [2 * i, 2 * j]) expect(Math.abs(at - Math.round(at))).toBeLessThan(1e-6);
        }
      }
      expect(contoursToMask(contours, mask).data).toEqual(mask.data);
    });
  }
});

describe('a sphere of 20 mm', () => {
  const grid: Grid = { ...unit([60, 60, 20]), spacingMm: [1, 1, 3], origin: [-30.3, -29.6, -28.4] };
  const mask = ball(grid, [0, 0, 0], 20);

  it('comes back from its contours with the same voxels, and the volume of its contours is that of the ball', () => {
    for (const toleranceVoxels of [0, 0.1, 0.35]) {
      const contours = maskContours(mask, { toleranceVoxels });
      expect(contoursToMask(contours, grid).data).toEqual(mask.data);
      const volume = area(contours) * 3;
      const voxels = mask.data.reduce((sum, value) => sum + value, 0) * 3;
      expect(Math.abs(volume / voxels - 1), `${toleranceVoxels}`).toBeLessThan(0.005);
      expect(Math.abs(volume / ((4 / 3) * Math.PI * 8000) - 1), `${toleranceVoxels}`).toBeLessThan(0.005);
    }
  });

  it('needs fewer corners the more tolerance it is given, and none lies further off than that', () => {
    const exact = maskContours(mask, { toleranceVoxels: 0 });
    const counts: number[] = [];
    for (const toleranceVoxels of [0.1, 0.2, 0.35]) {
      const simple = maskContours(mask, { toleranceVoxels });
      counts.push(corners(simple));
      for (const [index, { points }] of exact.entries()) {
        const line = simple[index]!.points;
        for (let n = 0; n < points.length; n += 3) {
          expect(distance(line, points[n]!, points[n + 1]!)).toBeLessThanOrEqual(toleranceVoxels + 1e-9);
        }
      }
    }
    // The bends of voxels are coarser than a fifth of one: up to there only what is straight is left out.
    expect(counts.slice(0, 2)).toEqual([corners(exact), corners(exact)]);
    expect(counts[2]).toBeLessThan(0.85 * corners(exact));
  });

  it('is smooth where its voxels are shares: the contour is that of the ball to a twentieth of a voxel', () => {
    const values = new Float32Array(60 * 60);
    const flat = { ...unit([60, 60, 1]), origin: [-30.3, -29.6, 0] as Vec3 };
    // Signed distance to a circle, as a blurred edge has it.
    for (let j = 0, at = 0; j < 60; j++)
      for (let i = 0; i < 60; i++, at++) values[at] = 20 - Math.hypot(i - 30.3, j - 29.6);
    const [circle, ...others] = levelContours(createVolume(flat, values, '1'), 0, { toleranceVoxels: 0.02 });
    expect(others).toEqual([]);
    for (let n = 0; n < circle!.points.length; n += 3) {
      expect(Math.abs(Math.hypot(circle!.points[n]!, circle!.points[n + 1]!) - 20)).toBeLessThan(0.05);
    }
    expect(area([circle!]) / (Math.PI * 400)).toBeCloseTo(1, 2);
  });

  it('refuses a tolerance that would lose voxels', () => {
    expect(() => maskContours(mask, { toleranceVoxels: 0.5 })).toThrow('tolerance');
  });
});

/** Distance of a point to a closed polygon in the plane. */
function distance(points: Float64Array, x: number, y: number): number {
  const count = points.length / 3;
  let least = Infinity;
  for (let n = 0; n < count; n++) {
    const m = (n + 1) % count;
    const [ax, ay, bx, by] = [points[3 * n]!, points[3 * n + 1]!, points[3 * m]!, points[3 * m + 1]!];
    const square = (bx - ax) ** 2 + (by - ay) ** 2;
    const t = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square));
    least = Math.min(least, Math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y));
  }
  return least;
}

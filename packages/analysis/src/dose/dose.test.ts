import { createVolume, type Grid, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import type { PlanarContour } from '../contours/index.ts';
import { orientationNames, orientedGrid } from '../test-support/grids.ts';
import { cumulativeMl, doseAtVolume, parseDoseMetric, structureHistogram, volumeAtDose } from './index.ts';

/** A dose that rises by `slope` Gy per mm along a direction, `at0` at the origin of space. */
function gradient(grid: Grid, slope: number, direction: Vec3, at0: number): Volume<Float32Array> {
  const [nx, ny, nz] = grid.size;
  const data = new Float32Array(nx * ny * nz);
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const p = toWorld(grid, [i, j, k]);
        data[at++] = at0 + slope * (p[0] * direction[0] + p[1] * direction[1] + p[2] * direction[2]);
      }
  return createVolume(grid, data, 'Gy');
}

const cube = (edgeMm: number, spacingMm: number): Grid => {
  const count = Math.round(edgeMm / spacingMm) + 1;
  return {
    size: [count, count, count],
    spacingMm: [spacingMm, spacingMm, spacingMm],
    origin: [-edgeMm / 2, -edgeMm / 2, -edgeMm / 2],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
};

/** A box of the given half edges, planes every `stepMm` along z that together fill it. */
function box(half: Vec3, stepMm: number): PlanarContour[] {
  const count = Math.round((2 * half[2]) / stepMm);
  return Array.from({ length: count }, (_, n) => {
    const z = -half[2] + (n + 0.5) * stepMm;
    const [x, y] = half;
    return { points: Float64Array.of(-x, -y, z, x, -y, z, x, y, z, -x, y, z) };
  });
}

function sphere(radius: number, stepMm: number, corners = 180): PlanarContour[] {
  const contours: PlanarContour[] = [];
  for (let z = -radius + stepMm / 2; z < radius; z += stepMm) {
    // The radius that a slab between two planes has on the whole keeps the volume of the ball.
    const r2 = radius ** 2 - z ** 2 - stepMm ** 2 / 12;
    if (r2 <= 0) continue;
    const area = Math.PI * r2;
    const r = Math.sqrt(area / ((corners / 2) * Math.sin((2 * Math.PI) / corners)));
    const points = Array.from({ length: corners }, (_, n) => [
      r * Math.cos((2 * Math.PI * n) / corners),
      r * Math.sin((2 * Math.PI * n) / corners),
      z,
    ]);
    contours.push({ points: Float64Array.from(points.flat()) });
  }
  return contours;
}

describe('the histogram of a box in a dose that rises evenly', () => {
  // 20 mm long along the gradient of 0.5 Gy per mm around 30 Gy: every dose from 25 to 35 Gy has the same volume.
  const contours = box([10, 8, 9], 3);
  for (const axis of [0, 1, 2] as const) {
    it(`has the volumes and doses of the closed form, along axis ${axis}`, () => {
      const direction = [0, 0, 0].map((_, at) => (at === axis ? 1 : 0)) as unknown as Vec3;
      const dvh = structureHistogram(gradient(cube(60, 2.5), 0.5, direction, 30), contours);
      const half = [10, 8, 9][axis]! * 0.5;
      expect(dvh.volumeMl).toBeCloseTo(5.76, 3);
      expect(dvh.coveredMl).toBeCloseTo(dvh.volumeMl, 9);
      expect(dvh.meanGy).toBeCloseTo(30, 2);
      for (const percent of [2, 5, 50, 95, 98]) {
        const expected = 30 + half - (percent / 100) * 2 * half;
        expect(doseAtVolume(dvh, { percent }), `D${percent}`).toBeCloseTo(expected, 1);
      }
      for (const gy of [27, 30, 32.5]) {
        const expected = (5.76 * (30 + half - gy)) / (2 * half);
        expect(Math.abs(volumeAtDose(dvh, gy) - expected) / 5.76, `V${gy}`).toBeLessThan(0.01);
      }
    });
  }

  it('falls from the whole volume to nothing, and its bins add up', () => {
    const dvh = structureHistogram(gradient(cube(60, 2.5), 0.5, [1, 0, 0], 30), contours);
    const cumulative = cumulativeMl(dvh);
    expect(cumulative[0]).toBeCloseTo(dvh.coveredMl, 9);
    expect(cumulative.at(-1)).toBe(0);
    for (let n = 1; n < cumulative.length; n++)
      expect(cumulative[n]!).toBeLessThanOrEqual(cumulative[n - 1]!);
    expect(volumeAtDose(dvh, 10)).toBe(dvh.coveredMl);
    expect(volumeAtDose(dvh, 40)).toBe(0);
  });
});

describe('the histogram of a ball in a dose that rises evenly', () => {
  // Above a plane at distance h from the middle lies the cap π (R − h)² (2 R + h) / 3.
  const radius = 20;
  const volume = ((4 / 3) * Math.PI * radius ** 3) / 1000;
  const cap = (h: number) => (Math.PI * (radius - h) ** 2 * (2 * radius + h)) / 3 / 1000;

  for (const direction of [
    [1, 0, 0],
    [0, 0, 1],
    [0.6, 0, 0.8],
  ] as const) {
    it(`is that of spherical caps, along ${direction.join(' ')}`, () => {
      const dvh = structureHistogram(gradient(cube(80, 2), 1, direction, 40), sphere(radius, 1));
      expect(Math.abs(dvh.volumeMl / volume - 1)).toBeLessThan(0.002);
      expect(dvh.meanGy).toBeCloseTo(40, 1);
      for (const h of [-15, -5, 0, 10, 17]) {
        expect(Math.abs(volumeAtDose(dvh, 40 + h) - cap(h)) / volume, `V at ${h} mm`).toBeLessThan(0.005);
      }
      // D95 by bisection of the closed form.
      let [low, high] = [-radius, radius];
      for (let n = 0; n < 60; n++) {
        const middle = (low + high) / 2;
        if (cap(middle) > 0.95 * volume) low = middle;
        else high = middle;
      }
      expect(Math.abs(doseAtVolume(dvh, { percent: 95 })! - (40 + low))).toBeLessThan(0.2);
    });
  }
});

describe('the histogram of a structure', () => {
  for (const orientation of orientationNames) {
    it(`is the same for a dose grid of any orientation: ${orientation}`, () => {
      const grid = orientedGrid(orientation, [30, 30, 30], [2, 3, 2.5]);
      const middle = toWorld(grid, [14.5, 14.5, 14.5]);
      const contours = box([10, 8, 9], 3).map(({ points }) => ({
        points: points.map((mm, at) => mm + middle[at % 3]!),
      }));
      const at0 = 30 - 0.5 * middle[0];
      const dvh = structureHistogram(gradient(grid, 0.5, [1, 0, 0], at0), contours);
      expect(dvh.meanGy).toBeCloseTo(30, 2);
      expect(doseAtVolume(dvh, { percent: 95 })).toBeCloseTo(25.5, 1);
      expect(dvh.coveredMl / dvh.volumeMl).toBeCloseTo(1, 6);
    });
  }

  it('is of the part that the dose grid covers, and says how much that is', () => {
    const contours = box([10, 8, 9], 3).map(({ points }) => ({
      points: points.map((mm, at) => mm + (at % 3 === 0 ? 31.25 : 0)),
    }));
    const dvh = structureHistogram(gradient(cube(60, 2.5), 0, [1, 0, 0], 7), contours);
    // The voxels of the dose end at 31.25 mm: half of the box.
    expect(dvh.coveredMl / dvh.volumeMl).toBeCloseTo(0.5, 1);
    expect(dvh).toMatchObject({ minimumGy: 7, maximumGy: 7, meanGy: expect.closeTo(7, 6) });
    const beside = contours.map(({ points }) => ({ points: points.map((mm) => mm + 500) }));
    expect(() => structureHistogram(gradient(cube(60, 2.5), 0, [1, 0, 0], 7), beside)).toThrow('dose grid');
  });

  it('leaves out holes, and needs a thickness where it is drawn on one plane', () => {
    const outer = box([10, 10, 1.5], 3);
    const inner = box([5, 5, 1.5], 3);
    const dose = gradient(cube(60, 2.5), 0, [1, 0, 0], 7);
    const dvh = structureHistogram(dose, [...outer, ...inner], { thicknessMm: 3 });
    expect(dvh.volumeMl).toBeCloseTo(0.9, 3);
    expect(() => structureHistogram(dose, outer)).toThrow('encloses no volume');
    expect(() => structureHistogram(dose, [])).toThrow('encloses no volume');
  });

  it('has exact volumes for structures of less than a voxel', () => {
    const dvh = structureHistogram(gradient(cube(60, 2.5), 0.5, [1, 0, 0], 30), box([0.5, 0.5, 0.5], 1), {
      thicknessMm: 1,
    });
    expect(dvh.volumeMl).toBeCloseTo(0.001, 5);
    expect(dvh.maximumGy).toBeLessThanOrEqual(30.25 + 1e-6);
  });
});

describe('a metric', () => {
  it('is read in the ways that people write it', () => {
    expect(parseDoseMetric('D95')).toEqual({ name: 'D95%', kind: 'dose', part: { percent: 95 } });
    expect(parseDoseMetric('d2%')).toMatchObject({ name: 'D2%' });
    expect(parseDoseMetric('D0.1cc')).toMatchObject({ part: { ml: 0.1 } });
    expect(parseDoseMetric('V20')).toEqual({ name: 'V20Gy', kind: 'volume', gy: 20 });
    for (const wrong of ['D', 'X3', 'D120', 'V20%'])
      expect(() => parseDoseMetric(wrong)).toThrow('not known');
  });
});

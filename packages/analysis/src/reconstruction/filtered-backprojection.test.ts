import type { ProjectionGeometry, Volume } from '@photopeak/imaging';
import { type Body, lineIntegral, projectBodies } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import { filteredBackprojection } from './filtered-backprojection.ts';
import { centeredGrid, coneBeam, evenAngles, fanBeam, parallelBeam } from './geometries.ts';
import { reprojectionError } from './project.ts';
import { RAMP_WINDOWS } from './ramp-filter.ts';

/** Water with inserts whose attenuation is 0.5, 1.5 and 2 times that of water, 1/mm. */
const WATER = 0.02;
const insert = (x: number, y: number, times: number): Body => ({
  center: [x, y, 0],
  halfAxesMm: [14, 14, 1e6],
  value: WATER * (times - 1),
});
const inserts = [insert(40, 0, 0.5), insert(-40, 10, 1.5), insert(0, -45, 2)];
const bodies: Body[] = [{ center: [0, 0, 0], halfAxesMm: [80, 70, 1e6], value: WATER }, ...inserts];

const distances = { sourceToAxisMm: 600, sourceToDetectorMm: 1000 };
const fan = { ...distances, detectorSize: [144, 1], pixelMm: [2.4, 2] } as const;
const slice = centeredGrid([96, 96, 1], [2, 2, 2]);

/** Mean inside a disc of 9 mm around a place of the middle slice. */
function meanAt({ data, size, spacingMm, origin }: Volume, x: number, y: number): number {
  const base = size[0] * size[1] * Math.floor(size[2] / 2);
  let sum = 0;
  let count = 0;
  for (let j = 0; j < size[1]; j++) {
    for (let i = 0; i < size[0]; i++) {
      const far = Math.hypot(origin[0] + spacingMm[0] * i - x, origin[1] + spacingMm[1] * j - y);
      if (far > 9) continue;
      sum += data[base + i + size[0] * j]!;
      count++;
    }
  }
  return sum / count;
}

const scans: Record<string, ProjectionGeometry> = {
  'parallel beams over half a turn': parallelBeam({
    anglesRad: evenAngles(180, Math.PI),
    detectorSize: [120, 1],
    pixelMm: [1.7, 2],
  }),
  'parallel beams over a whole turn, beside the axis': parallelBeam({
    anglesRad: evenAngles(360),
    detectorSize: [75, 1],
    pixelMm: [1.7, 2],
    detectorOffsetMm: [38, 0],
  }),
  'a fan over a whole turn': fanBeam({ ...fan, anglesRad: evenAngles(300) }),
  'a fan on an arc, shifted by a quarter of a pixel': fanBeam({
    ...fan,
    shape: 'arc',
    detectorOffsetMm: [0.6, 0],
    anglesRad: evenAngles(300),
  }),
  'a short scan of a fan': fanBeam({ ...fan, anglesRad: evenAngles(220, Math.PI * 1.25, 0.4) }),
  'a short scan of a fan, turning the other way': fanBeam({
    ...fan,
    anglesRad: evenAngles(220, Math.PI * 1.25, 0.4).reverse(),
  }),
  'a short scan of a fan on an arc': fanBeam({
    ...fan,
    shape: 'arc',
    anglesRad: evenAngles(220, Math.PI * 1.25, 2),
  }),
  'a detector beside the axis': fanBeam({
    ...fan,
    detectorSize: [90, 1],
    detectorOffsetMm: [65, 0],
    anglesRad: evenAngles(300),
  }),
  'a detector beside the axis, on the other side': fanBeam({
    ...fan,
    detectorSize: [90, 1],
    detectorOffsetMm: [-65, 0],
    anglesRad: evenAngles(300),
  }),
  'unevenly spaced angles': fanBeam({
    ...fan,
    anglesRad: evenAngles(300).map((angle, n) => angle + 0.008 * Math.sin(n)),
  }),
};

describe('filtered backprojection', () => {
  it.each(Object.entries(scans))('gives known attenuation back: %s', async (_name, geometry) => {
    const measured = projectBodies(bodies, geometry);
    const found = await filteredBackprojection(measured, slice);
    // Seen along its rays again it is what was measured, but for what the grid and the filter leave out.
    expect(await reprojectionError(found, measured)).toBeLessThan(0.03);
    expect(Math.abs(meanAt(found, 0, 20) / WATER - 1)).toBeLessThan(0.004);
    for (const { center, value } of inserts) {
      const expected = WATER + value;
      expect(Math.abs(meanAt(found, center[0], center[1]) - expected) / WATER).toBeLessThan(0.01);
    }
  });

  it('that is not what was measured is seen along the rays', async () => {
    const geometry = scans['parallel beams over half a turn']!;
    const measured = projectBodies(bodies, geometry);
    const found = await filteredBackprojection(measured, slice);
    const strange = { ...found, data: found.data.map((value) => 1.2 * value) };
    const error = await reprojectionError(strange, measured);
    expect(error).toBeGreaterThan(0.17);
    expect(error).toBeLessThan(0.23);
  });

  it('of a cone is exact in the plane of the source, over a whole and over a short turn', async () => {
    const grid = centeredGrid([64, 64, 24], [3, 3, 3]);
    const ball: Body[] = [
      { center: [0, 0, 0], halfAxesMm: [75, 75, 50], value: WATER },
      { center: [30, 0, 0], halfAxesMm: [16, 16, 16], value: WATER },
    ];
    for (const arc of [2 * Math.PI, 1.3 * Math.PI]) {
      const geometry = coneBeam({
        ...distances,
        anglesRad: evenAngles(120, arc),
        detectorSize: [76, 48],
        pixelMm: [4, 4],
      });
      const found = await filteredBackprojection(projectBodies(ball, geometry), grid);
      expect(Math.abs(meanAt(found, 30, 0) / (2 * WATER) - 1)).toBeLessThan(0.01);
      expect(Math.abs(meanAt(found, -30, 20) / WATER - 1)).toBeLessThan(0.01);
    }
  });

  it.each(RAMP_WINDOWS)('keeps the value of a uniform object with the window %s', async (window) => {
    const geometry = scans['parallel beams over half a turn']!;
    const found = await filteredBackprojection(projectBodies(bodies, geometry), slice, { window });
    expect(Math.abs(meanAt(found, 0, 20) / WATER - 1)).toBeLessThan(0.005);
  });

  it('carries on what the detector cuts off', async () => {
    const short = fanBeam({ ...fan, detectorSize: [80, 1], anglesRad: evenAngles(300) });
    const projections = projectBodies(bodies, short);
    const cut = await filteredBackprojection(projections, slice);
    const carried = await filteredBackprojection(projections, slice, { extendShare: 0.5 });
    const rim = (volume: Volume) => Math.abs(meanAt(volume, 40, 30) / WATER - 1);
    expect(rim(cut)).toBeGreaterThan(0.1);
    expect(rim(carried)).toBeLessThan(0.5 * rim(cut));
  });

  it('says what angles are missing', async () => {
    const geometry = fanBeam({ ...fan, anglesRad: evenAngles(100, 2.5) });
    await expect(filteredBackprojection(projectBodies(bodies, geometry), slice)).rejects.toMatchObject({
      code: 'RECONSTRUCTION_ANGLES',
      found: '100 views over 141.8°',
    });
  });

  it('refuses data of another size', async () => {
    const geometry = scans['a fan over a whole turn']!;
    const projections = { geometry, data: new Float32Array(7) };
    await expect(filteredBackprojection(projections, slice)).rejects.toMatchObject({
      code: 'TOMOGRAPHY_DATA_LENGTH',
    });
  });
});

describe('the bodies that are projected', () => {
  it('have the chords that geometry says', () => {
    const ball: Body[] = [{ center: [1, 2, 3], halfAxesMm: [5, 5, 5], value: 2 }];
    expect(lineIntegral(ball, [1, -100, 3], [0, 1, 0])).toBeCloseTo(20, 9);
    expect(lineIntegral(ball, [1 + 3, -100, 3], [0, 1, 0])).toBeCloseTo(16, 9);
    expect(lineIntegral(ball, [9, -100, 3], [0, 1, 0])).toBe(0);
  });
});

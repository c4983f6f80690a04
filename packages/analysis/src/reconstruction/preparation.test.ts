import { type Body, projectBodies } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import { evenAngles, parallelBeam } from './geometries.ts';
import { suppressRings } from './rings.ts';
import { findRotationCenter } from './rotation-center.ts';
import { lineIntegrals } from './transmission.ts';

const bodies: Body[] = [
  { center: [8, -5, 0], halfAxesMm: [30, 22, 1e6], value: 0.02 },
  { center: [20, 2, 0], halfAxesMm: [6, 6, 1e6], value: 0.03 },
];

describe('views of counts', () => {
  it('become line integrals between dark and white fields', () => {
    const dark = Float32Array.from([10, 12, 10, 12]);
    const white = Float32Array.from([1010, 2012, 1010, 2012]);
    const data = Float32Array.from([10 + 1000 * Math.exp(-1), 12 + 2000 * Math.exp(-2), 1010, 0]);
    const found = lineIntegrals({ detectorSize: [2, 1], data, dark, white });
    expect(found[0]).toBeCloseTo(1, 5);
    expect(found[1]).toBeCloseTo(2, 5);
    expect(found[2]).toBeCloseTo(0, 5);
    expect(found[3]).toBeCloseTo(-Math.log(1e-4), 4);
  });

  it('must have the size of their fields', () => {
    const data = new Float32Array(4);
    expect(() => lineIntegrals({ detectorSize: [2, 2], data, white: new Float32Array(3) })).toThrow(
      /white field/,
    );
  });
});

describe('the centre of rotation', () => {
  it.each([-6.3, 0, 4.75])('is found to a tenth of a pixel: %f pixels off the middle', (shift) => {
    const geometry = parallelBeam({
      anglesRad: evenAngles(91, (Math.PI * 91) / 90),
      detectorSize: [120, 2],
      pixelMm: [1, 1],
      detectorOffsetMm: [-shift, 0],
    });
    const { column, disagreement } = findRotationCenter(projectBodies(bodies, geometry));
    expect(Math.abs(column - (59.5 + shift))).toBeLessThan(0.1);
    expect(disagreement).toBeLessThan(0.2);
  });

  it('is found from half a turn whose last view is one step before the mirrored first', () => {
    const geometry = parallelBeam({
      anglesRad: evenAngles(180, Math.PI),
      detectorSize: [120, 1],
      pixelMm: [1, 1],
      detectorOffsetMm: [3.2, 0],
    });
    const { column } = findRotationCenter(projectBodies(bodies, geometry));
    expect(Math.abs(column - (59.5 - 3.2))).toBeLessThan(0.2);
  });

  it('says what it needs', () => {
    const geometry = parallelBeam({ anglesRad: evenAngles(20, 1), detectorSize: [50, 1], pixelMm: [2, 2] });
    expect(() => findRotationCenter(projectBodies(bodies, geometry))).toThrow(/centre of rotation/);
  });
});

describe('stripes of a sinogram', () => {
  it('are taken out, and the object stays', () => {
    const geometry = parallelBeam({
      anglesRad: evenAngles(90, Math.PI),
      detectorSize: [120, 1],
      pixelMm: [1, 1],
    });
    const clean = projectBodies(bodies, geometry);
    const striped = {
      geometry,
      data: clean.data.map((value, n) => value + ([30, 61, 62, 90].includes(n % 120) ? 0.15 : 0)),
    };
    const error = (data: Float32Array) =>
      Math.sqrt(data.reduce((sum, value, n) => sum + (value - clean.data[n]!) ** 2, 0) / data.length);
    expect(error(suppressRings(striped, { window: 7 }).data)).toBeLessThan(0.5 * error(striped.data));
    expect(error(suppressRings(clean, { window: 7 }).data)).toBeLessThan(0.5 * error(striped.data));
  });
});

import { describe, expect, it } from 'vitest';
import { cardiacPhantom } from './index.ts';
import { coveredShare } from './truth.ts';
import { angleOf, cavityMl, Meridian, type VentricleShape, wallMl, withWallVolume } from './ventricle.ts';

const shape: VentricleShape = {
  centre: [0, 0, 0],
  axis: [1, 0, 0],
  radiusMm: 27,
  lengthMm: 55,
  basalMm: 20,
  wallMm: 10,
};

describe('the shape of a ventricle', () => {
  it('has the volume that counting small cubes gives', () => {
    const edge = 0.5;
    let cavity = 0;
    for (let x = -20 + edge / 2; x < 60; x += edge)
      for (let y = edge / 2; y < 35; y += edge)
        for (let z = edge / 2; z < 35; z += edge)
          if ((x / 50) ** 2 + (y * y + z * z) / 22 ** 2 < 1) cavity += 4 * edge ** 3;
    expect(cavityMl(shape)).toBeCloseTo(cavity / 1000, 0);
  });

  it('finds the wall of a given muscle', () => {
    const thinner = withWallVolume({ ...shape, radiusMm: 31 }, wallMl(shape));
    expect(wallMl(thinner)).toBeCloseTo(wallMl(shape), 6);
    expect(thinner.wallMm).toBeLessThan(10);
  });

  it('measures the meridian: a sphere has an arc of angle times radius', () => {
    const sphere = new Meridian({ ...shape, radiusMm: 30, lengthMm: 30, basalMm: 0 });
    expect(sphere.lengthMm).toBeCloseTo((Math.PI / 2) * 30, 2);
    expect(sphere.share(Math.PI / 4)).toBeCloseTo(0.5, 4);
  });

  it('knows angles from elementary operations', () => {
    for (let degrees = 0; degrees < 360; degrees += 7) {
      const angle = (degrees * Math.PI) / 180;
      expect(Math.abs(angleOf(Math.cos(angle), Math.sin(angle)) - angle)).toBeLessThan(1e-7);
    }
  });

  it('knows the share of the surface that a defect covers', () => {
    const hemisphere = { ...shape, radiusMm: 30, lengthMm: 30, basalMm: 0 };
    // Half around, from the apex to 60°: ½ · (1 − cos 60°).
    const covered = coveredShare(hemisphere, [
      { angleDegrees: 90, widthDegrees: 180, from: 0, to: 2 / 3, uptake: 0 },
    ]);
    expect(covered).toBeCloseTo(0.25, 2);
  });
});

describe('a heart phantom', () => {
  const small = { seed: 5, voxelMm: 8, noise: 0 } as const;

  it('is the same for the same options, and another for another seed', () => {
    const sum = (seed: number) =>
      cardiacPhantom({ ...small, seed, noise: 1 }).stress.summed.data.reduce(
        (total, value) => total + value,
        0,
      );
    expect(sum(5)).toBe(sum(5));
    expect(sum(6)).not.toBe(sum(5));
  });

  it('ejects and dilates as asked', () => {
    const { truth, stress } = cardiacPhantom({ ...small, ejectionFraction: 0.6, gates: 6, dilation: 1.25 });
    expect(truth.dilation).toBeCloseTo(1.25, 6);
    expect(stress.gates).toHaveLength(6);
    expect(truth.rest.ejectionFraction).toBeGreaterThan(0.5);
    expect(truth.rest.ejectionFraction).toBeLessThanOrEqual(0.6);
  });

  it('has less in a defect and more noise with fewer counts', () => {
    const defect = { angleDegrees: 0, widthDegrees: 120, from: 0.2, to: 0.9, uptake: 0 };
    const whole = cardiacPhantom(small).stress.summed.data;
    const sick = cardiacPhantom({ ...small, defects: [defect] }).stress.summed.data;
    const lost = whole.reduce((sum, value, n) => sum + value - sick[n]!, 0);
    expect(lost).toBeGreaterThan(0);
    expect(whole.every((value, n) => value >= sick[n]! - 1e-3)).toBe(true);
  });

  it('refuses what cannot be a heart', () => {
    expect(() => cardiacPhantom({ seed: 1, ejectionFraction: 2 })).toThrow(
      expect.objectContaining({ code: 'PHANTOM_OPTION_INVALID' }),
    );
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { DIAPHRAGM_MM } from './anatomy/thorax.ts';
import { type PetctPhantom, petctPhantom, tissueNames } from './index.ts';
import { FWHM_PER_SIGMA } from './simulate-pet.ts';

const MISMATCH_MM = 15;

/** Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return 1 - poly * Math.exp(-x * x);
}

/** Share of a ball's contrast that a Gaussian point spread leaves at its centre. */
function recovery(radiusMm: number, fwhmMm: number): number {
  const s = fwhmMm / FWHM_PER_SIGMA;
  const q = radiusMm / s;
  return erf(q / Math.SQRT2) - Math.sqrt(2 / Math.PI) * q * Math.exp((-q * q) / 2);
}

describe('what the truth says, measured in the image', () => {
  let clean: PetctPhantom;
  let noisy: PetctPhantom;
  beforeAll(() => {
    const options = {
      seed: 21,
      sex: 'M',
      heartUptake: true,
      respiratoryMismatchMm: MISMATCH_MM,
      lesions: [
        { kind: 'lung', radiusMm: 12, suv: 10, site: 'left upper lobe' },
        { kind: 'liver', radiusMm: 13, suv: 9, site: 'right lobe of liver, anterior' },
        { kind: 'lung', radiusMm: 15, suv: 6, site: 'right upper lobe' },
        { kind: 'soft-tissue', radiusMm: 14, suv: 8, site: 'right gluteal muscle' },
      ],
    } as const;
    clean = petctPhantom({ ...options, noise: 0 });
    noisy = petctPhantom(options);
  }, 600_000);

  const suvAt = ({ pet, truth }: PetctPhantom, n: number) => pet.data[n]! * truth.dose.suvFactor;

  function meanSuv(phantom: PetctPhantom, inside: (n: number) => boolean): number {
    let sum = 0;
    let count = 0;
    for (let n = 0; n < phantom.pet.data.length; n++) {
      if (!inside(n)) continue;
      sum += suvAt(phantom, n);
      count++;
    }
    return sum / count;
  }

  it('lesions have the hottest voxel that their size and the resolution allow', () => {
    for (const lesion of clean.truth.lesions) {
      let max = 0;
      clean.truth.lesionLabels.data.forEach((id, n) => {
        if (id === lesion.id) max = Math.max(max, suvAt(clean, n));
      });
      expect(max).toBeCloseTo(lesion.suvMaxNoiseFree, 3);
      const expected =
        lesion.suvBackground +
        (lesion.suvTrue - lesion.suvBackground) * recovery(lesion.radiusMm, clean.truth.petFwhmMm);
      // the voxel grid misses the centre by up to half a voxel
      expect(Math.abs(max / expected - 1), lesion.site).toBeLessThan(0.06);
    }
  });

  it('lesions have the volume of their balls on the PET grid and in CT', () => {
    const petMl = clean.pet.spacingMm.reduce((a, b) => a * b) / 1000;
    for (const { id, volumeMl, centerPetMm } of clean.truth.lesions) {
      let count = 0;
      const sum = [0, 0, 0];
      const [nx, ny] = clean.pet.size;
      clean.truth.lesionLabels.data.forEach((label, n) => {
        if (label !== id) return;
        count++;
        [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))].forEach((index, axis) => {
          sum[axis]! += clean.pet.origin[axis]! + index * clean.pet.spacingMm[axis]!;
        });
      });
      expect(Math.abs((count * petMl) / volumeMl - 1)).toBeLessThan(0.2);
      sum.forEach((total, axis) => {
        expect(Math.abs(total / count - centerPetMm[axis]!)).toBeLessThan(1.2);
      });
    }
    const lesion = tissueNames.indexOf('lesion');
    const ctMl = clean.ct.spacingMm.reduce((a, b) => a * b) / 1000;
    const drawn = clean.truth.labels.data.reduce((sum, label) => sum + (label === lesion ? ctMl : 0), 0);
    const true_ = clean.truth.lesions.reduce((sum, { volumeMl }) => sum + volumeMl, 0);
    expect(Math.abs(drawn / true_ - 1)).toBeLessThan(0.2);
  });

  it('the body has plausible uptake, also with noise', () => {
    for (const phantom of [clean, noisy]) {
      expect(meanSuv(phantom, (n) => suvAt(phantom, n) > 0.1)).toBeGreaterThan(0.3);
      expect(meanSuv(phantom, (n) => suvAt(phantom, n) > 0.1)).toBeLessThan(1.5);
      const liver = meanSuv(phantom, ballTest(phantom, 'liver centre', 15));
      expect(liver).toBeGreaterThan(1.5);
      expect(liver).toBeLessThan(3);
    }
    const { pet, truth } = noisy;
    const injected = pet.data.reduce((sum, value) => sum + value, 0) * truth.dose.suvFactor;
    const litres = pet.spacingMm.reduce((a, b) => a * b) / 1e6;
    // what lies in the scan holds most of the dose
    expect((injected * litres) / truth.dose.weightKg).toBeGreaterThan(0.6);
    expect((injected * litres) / truth.dose.weightKg).toBeLessThan(1.05);
  });

  it('noise follows the activity and is correlated', () => {
    const spread = (name: string) => {
      const inside = ballTest(noisy, name, 18);
      const values: number[] = [];
      let neighbours = 0;
      for (let n = 0; n < noisy.pet.data.length; n++) {
        if (!inside(n)) continue;
        const difference = suvAt(noisy, n) - suvAt(clean, n);
        values.push(difference);
        neighbours += difference * (suvAt(noisy, n + 1) - suvAt(clean, n + 1));
      }
      const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      return { sd: Math.sqrt(variance), correlation: neighbours / values.length / variance };
    };
    const liver = spread('liver centre');
    expect(liver.sd).toBeGreaterThan(0.08);
    expect(liver.sd).toBeLessThan(0.4);
    expect(liver.correlation).toBeGreaterThan(0.2);
    expect(liver.sd).toBeGreaterThan(1.3 * spread('right lung apex').sd);
  });

  it('the diaphragm lies lower in CT than in PET by the mismatch', () => {
    const dome = clean.truth.landmarks.find(({ name }) => name === 'right diaphragm dome')!;
    expect(dome.petMm[2] - dome.ctMm[2]).toBeGreaterThan(0.85 * MISMATCH_MM);
    expect(dome.petMm[2] - dome.ctMm[2]).toBeLessThan(1.02 * MISMATCH_MM);
    const heads = clean.truth.landmarks.filter(
      ({ name }) => /head|bladder|apex$/.test(name) && !/heart/.test(name),
    );
    expect(heads).toHaveLength(4);
    for (const { petMm, ctMm } of heads) expect(Math.abs(petMm[2] - ctMm[2])).toBeLessThan(1);
    // measured: the lung–liver border along the columns around the dome, in each image on its own
    const ct = borderHeight(clean.ct, dome.ctMm, (value) => value, -400);
    const half = (clean.truth.uptake.liver! + clean.truth.uptake['lung-right']!) / 2;
    const pet = borderHeight(clean.pet, dome.petMm, (value) => value * clean.truth.dose.suvFactor, half);
    // CT shows the upper side of the diaphragm, PET the liver below it
    const thickness = DIAPHRAGM_MM;
    expect(Math.abs(pet - ct + thickness - (dome.petMm[2] - dome.ctMm[2]))).toBeLessThan(2);
  });

  it('the breathing field takes each CT landmark to its reference place', () => {
    const { size, origin, spacingMm, data } = clean.truth.breathingField;
    for (const { petMm, ctMm } of clean.truth.landmarks) {
      const g = ctMm.map((value, axis) => (value - origin[axis]!) / spacingMm[axis]!);
      const base = g.map(Math.floor);
      const moved = [0, 0, 0];
      for (let corner = 0; corner < 8; corner++) {
        const at = base.map((value, axis) => value + ((corner >> axis) & 1));
        const weight = at.reduce((w, value, axis) => w * (1 - Math.abs(g[axis]! - value)), 1);
        const node = 3 * (at[0]! + size[0] * (at[1]! + size[1] * at[2]!));
        for (let axis = 0; axis < 3; axis++) moved[axis]! += weight * data[node + axis]!;
      }
      moved.forEach((value, axis) => {
        expect(ctMm[axis]! + value).toBeCloseTo(petMm[axis]!, 2);
      });
    }
  });

  function ballTest(
    { pet, truth }: PetctPhantom,
    landmark: string,
    radiusMm: number,
  ): (n: number) => boolean {
    const { petMm } = truth.landmarks.find(({ name }) => name === landmark)!;
    const [nx, ny] = pet.size;
    return (n) => {
      const dx = pet.origin[0] + (n % nx) * pet.spacingMm[0] - petMm[0];
      const dy = pet.origin[1] + (Math.floor(n / nx) % ny) * pet.spacingMm[1] - petMm[1];
      const dz = pet.origin[2] + Math.floor(n / (nx * ny)) * pet.spacingMm[2] - petMm[2];
      return dx * dx + dy * dy + dz * dz < radiusMm * radiusMm;
    };
  }

  /** Median height over a 7×7 patch of columns at which a value first exceeds a level from above, interpolated. */
  function borderHeight(
    volume: PetctPhantom['ct'] | PetctPhantom['pet'],
    near: readonly number[],
    value: (stored: number) => number,
    level: number,
  ): number {
    const [nx, ny] = volume.size;
    const [ci, cj, ck] = near.map((mm, axis) =>
      Math.round((mm - volume.origin[axis]!) / volume.spacingMm[axis]!),
    ) as [number, number, number];
    const at = (i: number, j: number, k: number) => value(volume.data[i + nx * (j + ny * k)]!);
    const heights: number[] = [];
    for (let dj = -3; dj <= 3; dj++) {
      for (let di = -3; di <= 3; di++) {
        let k = ck + Math.round(30 / volume.spacingMm[2]);
        // a column that starts in a vessel says nothing
        if (at(ci + di, cj + dj, k) >= level) continue;
        while (at(ci + di, cj + dj, k) < level) k--;
        const below = at(ci + di, cj + dj, k);
        const above = at(ci + di, cj + dj, k + 1);
        heights.push(volume.origin[2] + volume.spacingMm[2] * (k + (below - level) / (below - above)));
      }
    }
    return heights.sort((a, b) => a - b)[Math.floor(heights.length / 2)]!;
  }
});

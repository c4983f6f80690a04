import type { Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CtAnatomy, segmentCtAnatomy } from '../anatomy/index.ts';
import { type Ball, torsoCt, torsoGrid, torsoPet } from '../test-support/torso.ts';
import { type FoundLesions, findLesions } from './index.ts';

const lung: Ball = { centre: [-90, 10, 130], radiusMm: 11, suv: 9 };
/** Three millimetres from the one before. */
const besideLung: Ball = { centre: [-90, 10, 106], radiusMm: 10, suv: 8 };
const spine: Ball = { centre: [0, 68, -60], radiusMm: 10, suv: 12 };
const liver: Ball = { centre: [-100, -20, -60], radiusMm: 12, suv: 8 };
const besideBladder: Ball = { centre: [62, -30, -275], radiusMm: 11, suv: 10 };
const lesions = [lung, besideLung, spine, liver, besideBladder];

describe('a physician looks for lesions', () => {
  let pet: Volume<Float32Array>;
  let anatomy: CtAnatomy;
  let found: FoundLesions;
  const at = (ball: Ball) => {
    const [i, j, k] = ball.centre.map((mm, axis) =>
      Math.round((mm - pet.origin[axis]!) / pet.spacingMm[axis]!),
    );
    const id = found.labels.data[i! + pet.size[0] * (j! + pet.size[1] * k!)]!;
    return found.findings.find((finding) => finding.id === id)!;
  };
  beforeAll(async () => {
    anatomy = await segmentCtAnatomy(await torsoCt(torsoGrid(5), { lesions }), { spacingMm: 5 });
    pet = await torsoPet(torsoGrid(5), { lesions });
    found = await findLesions(pet, anatomy);
  });

  it('finds each of them and nothing else, hottest first', () => {
    for (const ball of lesions) expect(at(ball).kind).toBe('lesion');
    const shown = found.findings.filter((finding) => !finding.hidden);
    expect(shown).toHaveLength(lesions.length);
    const maxima = shown.map((finding) => finding.measurement.max);
    expect(maxima).toEqual([...maxima].sort((a, b) => b - a));
    expect(shown.map((finding) => finding.id)).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps two that nearly touch apart, and one beside the bladder from it', () => {
    expect(at(besideLung).id).not.toBe(at(lung).id);
    expect(at(besideBladder).organ).toBeUndefined();
    for (const ball of [lung, besideLung]) {
      const painted = ((4 / 3) * Math.PI * ball.radiusMm ** 3) / 1000;
      expect(at(ball).measurement.mtvMl / painted).toBeGreaterThan(0.7);
      expect(at(ball).measurement.mtvMl / painted).toBeLessThan(1.9);
    }
  });

  it('says where each lies', () => {
    expect(at(lung).site).toMatchObject({ name: 'lung', side: 'right' });
    expect(at(liver).site.name).toBe('liver');
    expect(at(spine).site).toMatchObject({ name: 'bone', side: 'midline' });
  });

  it('hides brain, kidneys and bladder, each with its reason, and deletes none', () => {
    const organs = found.findings.filter((finding) => finding.hidden).map((finding) => finding.organ);
    for (const organ of ['brain', 'kidney', 'bladder']) expect(organs).toContain(organ);
    const bladder = found.findings.find((finding) => finding.organ === 'bladder')!;
    expect(bladder.reason).toContain('pelvis');
    expect(found.labels.data.includes(bladder.id)).toBe(true);
  });

  it('tells the threshold and where it came from', () => {
    expect(found.threshold.derivation).toContain('PERCIST: 1.5 ×');
    expect(found.threshold.suv).toBeGreaterThan(3);
    expect(found.threshold.suv).toBeLessThan(4);
  });

  it('outlines at a share of each maximum on request', async () => {
    const half = await findLesions(pet, anatomy, { threshold: { kind: 'relative', share: 0.5 } });
    const lesion = half.findings.find((finding) => finding.site.name === 'lung')!;
    expect(lesion.measurement.min).toBeGreaterThanOrEqual(0.5 * lesion.measurement.max);
    const painted = ((4 / 3) * Math.PI * lung.radiusMm ** 3) / 1000;
    expect(Math.abs(lesion.measurement.mtvMl / painted - 1)).toBeLessThan(0.3);
  });

  it('refuses a PET that is not in SUV', async () => {
    await expect(findLesions({ ...pet, unit: 'Bq/ml' }, anatomy)).rejects.toMatchObject({
      code: 'LESIONS_UNIT',
    });
  });
});

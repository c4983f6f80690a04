import {
  compareMasks,
  ctStructureNames,
  measureComposition,
  ORGAN_LABELS,
  type OrganAnatomy,
  refineAnatomy,
  segmentCtAnatomy,
  segmentOrgans,
  TISSUE_LABELS,
} from '@photopeak/analysis';
import { sct } from '@photopeak/dicom';
import { labelMask, maskWhere, type Volume } from '@photopeak/imaging';
import { petctPhantom, structureNames } from '@photopeak/phantom';
import { beforeAll, describe, expect, it } from 'vitest';
import { codedStructure, structureOfCode } from './index.ts';

const GRIDS = {
  ct: { size: [112, 84, 210], spacingMm: [4.2, 4.2, 4.8] },
  pet: { size: [16, 16, 16], spacingMm: [30, 30, 30] },
} as const;

describe('organs of a phantom in the portal venous phase, arms down, without spleen', () => {
  let ct: Volume;
  let truth: Volume;
  let found: OrganAnatomy;
  let fine: Volume<Uint8Array>;
  beforeAll(async () => {
    const phantom = petctPhantom({
      seed: 301,
      contrast: 'portal',
      arms: 'down',
      absent: ['spleen'],
      lesions: [],
      grids: GRIDS,
    });
    ct = phantom.ct;
    truth = phantom.structures();
    found = await segmentOrgans(await segmentCtAnatomy(phantom.ct));
    fine = refineAnatomy(phantom.ct, found);
  });
  const dice = async (name: (typeof structureNames)[number] & keyof typeof ORGAN_LABELS) =>
    (
      await compareMasks(
        labelMask(fine, ORGAN_LABELS[name]),
        maskWhere(truth, (label) => label === structureNames.indexOf(name)),
      )
    ).dice;

  it.each([
    ['liver', 0.9],
    ['kidneyRight', 0.7],
    ['kidneyLeft', 0.7],
    ['heart', 0.75],
    ['brain', 0.8],
    ['bladder', 0.7],
  ] as const)('outlines the %s', async (name, least) => {
    expect(await dice(name)).toBeGreaterThan(least);
  });

  it('says that there is no spleen, and why', () => {
    const spleen = found.structures.find(({ name }) => name === 'spleen');
    expect(spleen).toMatchObject({ present: false, volumeMl: 0, confidence: 0 });
    expect(spleen?.findings[0]).toMatch(/^not found, because /);
  });

  it('names the lumbar vertebrae where they are', () => {
    const perSlice = truth.size[0] * truth.size[1];
    for (const name of ['L1', 'L3', 'L5'] as const) {
      const wanted = structureNames.indexOf(`vertebra${name}`);
      let sum = 0;
      let count = 0;
      for (let n = 0; n < truth.data.length; n++) {
        if (truth.data[n] !== wanted) continue;
        sum += Math.floor(n / perSlice);
        count++;
      }
      const z = truth.origin[2] + (sum / count) * truth.spacingMm[2];
      const vertebra = found.vertebrae.find((one) => one.name === name)!;
      expect(Math.abs((vertebra.topZ + vertebra.bottomZ) / 2 - z), name).toBeLessThan(12);
    }
  });

  it('measures muscle and fat at L3', () => {
    const { composition, labels } = measureComposition(ct, fine, found.l3!);
    expect(composition.muscleMm2).toBeGreaterThan(8000);
    expect(composition.visceralFatMm2).toBeGreaterThan(2000);
    const pixelMm2 = ct.spacingMm[0] * ct.spacingMm[1];
    const counted = labels.data.filter((label) => label === TISSUE_LABELS.muscle).length;
    expect(counted * pixelMm2).toBeCloseTo(composition.muscleMm2, 3);
    const slice = labels.data.findIndex((label) => label !== 0) / (ct.size[0] * ct.size[1]);
    expect(Math.abs(ct.origin[2] + Math.floor(slice) * ct.spacingMm[2] - composition.z)).toBeLessThan(3);
  });
});

describe('codes of structures', () => {
  it('are unique and lead back to the structure', () => {
    for (const name of ctStructureNames) {
      const { type, side } = codedStructure(name);
      expect(structureOfCode(type, side)).toBe(name);
    }
    expect(codedStructure('vertebraL3').type).toBe(sct.vertebraL3);
  });
});

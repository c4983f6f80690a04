import { ANATOMY_LABELS, contoursToMask, LOBE_LABELS, type LungLobes, lobeNames } from '@photopeak/analysis';
import { structureOfName } from '@photopeak/dicom';
import { emptyVolume, maskWhere } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import type { StepContext } from '../pipeline.ts';
import { outlineLobes } from './outline-lobes.ts';
import { radiotherapyParameters } from './parameters.ts';

const SIZE = [24, 16, 20] as const;

/** Two lungs as boxes, voxels of 2 mm; the right one ends before the left one begins. */
function lungs() {
  const grid = {
    size: SIZE,
    spacingMm: [2, 2, 2],
    origin: [-24, -16, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;
  const labels = emptyVolume(grid, 'uint8', '1');
  for (let k = 2, n = 0; k < 18; k++)
    for (let j = 2; j < 14; j++)
      for (let i = 2; i < 22; i++) {
        n = i + SIZE[0] * (j + SIZE[1] * k);
        if (i < 11) labels.data[n] = ANATOMY_LABELS.lungRight;
        if (i > 12) labels.data[n] = ANATOMY_LABELS.lungLeft;
      }
  return labels;
}

/** A level fissure at a height, LPS mm. */
const levelAt = (z: number, seen: number) => ({
  frame: { origin: [0, 0, z] as const, cos: 1, sin: 0 },
  firstMm: [-40, -40] as const,
  stepMm: 40,
  nodes: [3, 3] as const,
  heightsMm: new Float32Array(9),
  seen,
});

/** A CT on which the fissures of the right lung are seen, the horizontal one in part, and that of the left lung is not. */
const LOBES: LungLobes = {
  fissures: { obliqueRight: levelAt(13, 0.8), horizontalRight: levelAt(23, 0.3) },
  structures: lobeNames.map((name) => {
    const present = name.startsWith('lobeRight');
    const isPart = name === 'lobeRightUpper' || name === 'lobeRightMiddle';
    return {
      name,
      present,
      volumeMl: 1,
      confidence: present ? 0.9 : 0,
      findings: isPart ? ['CT shows 30 % of the horizontal fissure'] : [],
    };
  }),
};

describe('outlines of the lobes of the lungs', () => {
  it('are drawn where fissures are seen, by the names of TG-263, and give back the voxels', async () => {
    const organs = lungs();
    const { labels, found, structures } = await outlineLobes.run(
      { organs, lobes: LOBES, parameters: radiotherapyParameters.parse({}) },
      {} as StepContext,
    );
    expect(structures.map(({ name }) => name)).toEqual(['Lung_RUL', 'Lung_RML', 'Lung_RLL']);
    expect(found.map(({ name }) => name)).toEqual(['lobeRightUpper', 'lobeRightMiddle', 'lobeRightLower']);
    for (const [n, { name, type, contours, volumeMl }] of structures.entries()) {
      const mask = maskWhere(labels, (label) => label === LOBE_LABELS[found[n]!.name]);
      expect(contoursToMask(contours, organs).data, name).toEqual(mask.data);
      expect(structureOfName(name)?.type).toEqual(type);
      expect(volumeMl).toBeGreaterThan(2);
    }
    expect(labels.data.reduce((sum, label) => sum + Number(label > 0), 0)).toBe(9 * 12 * 16);
  });

  it('say what is to be checked, and are believed less where something is', async () => {
    const { structures } = await outlineLobes.run(
      { organs: lungs(), lobes: LOBES, parameters: radiotherapyParameters.parse({}) },
      {} as StepContext,
    );
    expect(structures.map(({ confidence }) => confidence)).toEqual([0.7, 0.7, 0.9]);
    expect(structures[0]!.toCheck).toEqual(['CT shows 30 % of the horizontal fissure']);
    expect(structures[2]!.toCheck).toEqual([]);
  });
});

import { emptyVolume, type Mask, type Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { ANATOMY_LABELS } from '../labels.ts';
import { isFound } from './find.ts';
import { segmentKidneys } from './kidneys.ts';
import type { Trunk } from './trunk.ts';

const MM = 4;
const SIZE = [66, 34, 64] as const;
const ORIGIN = [-130, -40, -260] as const;
const FAT_HU = -100;

interface Bed {
  /** HU of the kidney in it; undefined: empty. */
  readonly kidneyHu?: number;
  /** Share of the places around it with bowel, 30 HU. */
  readonly bowel: number;
}

/** A number from 0 to 1 that only the voxel decides. */
const grain = (n: number) => {
  let h = Math.imul(n ^ 0x5bd1e995, 2654435761);
  h = Math.imul(h ^ (h >>> 15), 2246822519);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
};

/** The middle of a trunk: a spine at x = 0 whose front is at y = 0, the dome at z = 0, beds of kidneys on both sides. */
function trunkWith(right: Bed, left: Bed): Trunk {
  const grid = {
    size: SIZE,
    spacingMm: [MM, MM, MM],
    origin: ORIGIN,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;
  const labels = emptyVolume(grid, 'uint8', '1');
  const cavity = emptyVolume(grid, 'uint8', '1') as Mask;
  const smooth = new Float32Array(labels.data.length).fill(FAT_HU);
  const at = (axis: 0 | 1 | 2) => (n: number) => ORIGIN[axis] + n * MM;
  const [x, y, z] = [at(0), at(1), at(2)];
  for (let k = 0, n = 0; k < SIZE[2]; k++)
    for (let j = 0; j < SIZE[1]; j++)
      for (let i = 0; i < SIZE[0]; i++, n++) {
        labels.data[n] = ANATOMY_LABELS.body;
        cavity.data[n] = 1;
        const bed = x(i) < 0 ? right : left;
        const depth = ((Math.abs(x(i)) - 62) / 25) ** 2 + ((y(j) - 14) / 23) ** 2 + ((z(k) + 130) / 52) ** 2;
        if (depth < 1 && bed.kidneyHu !== undefined) smooth[n] = bed.kidneyHu;
        else if (grain(n) < bed.bowel) smooth[n] = 30;
      }
  const perSlice = (value: number) => new Float64Array(SIZE[2]).fill(value);
  return {
    ct: labels as unknown as Volume<Float32Array>,
    smooth,
    labels,
    marks: {} as Trunk['marks'],
    spineX: perSlice(0),
    spineFront: perSlice(0),
    midX: perSlice(0),
    cavity,
    diaphragm: { z: new Float32Array(SIZE[0] * SIZE[1]), domeRight: 0, domeLeft: 0 },
    voxelMl: MM ** 3 / 1000,
    x,
    y,
    z,
  };
}

const kidneysOf = (right: Bed, left: Bed) => {
  const trunk = trunkWith(right, left);
  return segmentKidneys(trunk, new Uint8Array(trunk.smooth.length));
};
const CLEAR: Bed = { kidneyHu: 30, bowel: 0 };
const UNCLEAR: Bed = { kidneyHu: 30, bowel: 0.5 };

describe('kidneys', () => {
  it('are found where soft tissue of their shape lies in fat', async () => {
    const { right, left } = await kidneysOf(CLEAR, CLEAR);
    for (const side of [right, left]) {
      expect(isFound(side) && side.fit).toBeGreaterThan(0.7);
      expect(isFound(side) && side.findings).toBeUndefined();
    }
  });

  it('of which one is not clear are found by where the other lies, and say so', async () => {
    const { right, left } = await kidneysOf(UNCLEAR, CLEAR);
    expect(isFound(left) && left.findings).toBeUndefined();
    if (!isFound(right)) throw new Error(right.absent);
    expect(right.findings).toEqual(['its shape is not clear: found by where the other kidney lies']);
    const ml = right.mask.data.reduce((sum, value) => sum + value, 0) * (MM ** 3 / 1000);
    expect(ml).toBeGreaterThan(90);
    expect(ml).toBeLessThan(220);
  });

  it('of which neither is clear are both left out', async () => {
    const { right, left } = await kidneysOf(UNCLEAR, UNCLEAR);
    expect([isFound(right), isFound(left)]).toEqual([false, false]);
  });

  it('are not made of bowel in an empty bed, with contrast medium in the other or without', async () => {
    for (const other of [CLEAR, { kidneyHu: 160, bowel: 0.3 }]) {
      const { right, left } = await kidneysOf(other, { bowel: 0.5 });
      expect([isFound(right), isFound(left)]).toEqual([true, false]);
    }
  });
});

import { invert, transformPoint, type Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { torsoGrid, torsoPet } from '../test-support/torso.ts';
import { type FrameMotion, frameMotion } from './frame-motion.ts';
import { rigidMatrix } from './rigid-transform.ts';

const grid = torsoGrid(8, -200, 235);

/** Another frame: fewer counts, and uptake as it was earlier. */
function earlier(volume: Volume<Float32Array>): Volume<Float32Array> {
  return {
    ...volume,
    data: volume.data.map((value, n) => 0.4 * Math.sqrt(value) * (1 + 0.1 * Math.sin(7 * n))),
  };
}

const told = (found: FrameMotion | string): FrameMotion => {
  if (typeof found === 'string') throw new Error(found);
  return found;
};

describe('movement between two frames', () => {
  it('is told in millimetres, though uptake and noise differ', async () => {
    const reference = await torsoPet(grid, { table: false });
    // The patient turned by 2° and shifted.
    const movement = rigidMatrix(Float64Array.from([0, 2, 0, 9, -4, 6]), [0, 0, 0]);
    const frame = earlier(await torsoPet(grid, { toTorso: invert(movement), table: false }));
    const found = told(frameMotion(reference, frame));
    const middle = transformPoint(movement, [0, 0, 20]);
    for (const axis of [0, 1, 2] as const)
      expect(Math.abs(found.shiftMm[axis] - (middle[axis] - [0, 0, 20][axis]!))).toBeLessThan(2);
    expect(found.largestMm).toBeGreaterThan(10);
    expect(told(frameMotion(reference, earlier(reference))).largestMm).toBeLessThan(1.5);
  });

  it('is not told of a frame in which there is nothing', async () => {
    const reference = await torsoPet(grid, { table: false });
    const empty = { ...reference, data: new Float32Array(reference.data.length) };
    expect(frameMotion(reference, empty)).toBeTypeOf('string');
  });
});

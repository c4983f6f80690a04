import { createVolume, type Mask } from '@photopeak/imaging';
import { expect, it } from 'vitest';
import { segmentBones } from './bones.ts';

const SIZE = [44, 44, 30] as const;
const MM = 3;
const grid = {
  size: SIZE,
  spacingMm: [MM, MM, MM],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;
const SPINE = { x: 70, y: 73, radiusMm: 13, rimMm: 3 };
/** Narrow and against the front of the vertebra for the lower two thirds, wide and clear of it above, as its arch is. */
const aortaAt = (k: number) => (k < 20 ? { x: 78, y: 50, radiusMm: 11 } : { x: 78, y: 40, radiusMm: 16 });

/** A column of vertebrae with a dense rim, and the aorta in the arterial phase against it; noise that repeats. */
function trunk() {
  const count = SIZE[0] * SIZE[1] * SIZE[2];
  const hu = new Float32Array(count);
  const isAorta = new Uint8Array(count);
  const isBone = new Uint8Array(count);
  let state = 12345;
  for (let k = 0, n = 0; k < SIZE[2]; k++)
    for (let j = 0; j < SIZE[1]; j++)
      for (let i = 0; i < SIZE[0]; i++, n++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        const noise = ((state >>> 8) / 2 ** 24 - 0.5) * 30;
        const [x, y] = [i * MM, j * MM];
        const toSpine = Math.hypot(x - SPINE.x, y - SPINE.y);
        const aorta = aortaAt(k);
        isBone[n] = Number(toSpine <= SPINE.radiusMm);
        isAorta[n] = Number(isBone[n] === 0 && Math.hypot(x - aorta.x, y - aorta.y) <= aorta.radiusMm);
        const bone = toSpine > SPINE.radiusMm - SPINE.rimMm ? 520 : 190;
        hu[n] = (isBone[n] !== 0 ? bone : isAorta[n] !== 0 ? 305 : -90) + noise;
      }
  return { ct: createVolume(grid, hu, "[hnsf'U]"), isAorta, isBone };
}

it('the aorta full of contrast medium is no bone where it lies against a vertebra, and the vertebra stays whole', async () => {
  const { ct, isAorta, isBone } = trunk();
  const body: Mask = createVolume(grid, new Uint8Array(ct.data.length).fill(1), '1');
  const { mask } = await segmentBones(ct, body);
  const share = (of: Uint8Array) => {
    let [inside, all] = [0, 0];
    for (let n = 0; n < of.length; n++) {
      all += of[n]!;
      inside += of[n]! * mask.data[n]!;
    }
    return inside / all;
  };
  expect(share(isAorta)).toBeLessThan(0.1);
  expect(share(isBone)).toBeGreaterThan(0.95);
});

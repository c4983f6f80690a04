import { createVolume, type Grid, identity, type Vec3 } from '@photopeak/imaging';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { encodePng, fusedPlanes, mipCapture } from './index.ts';

const axial = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

/** A sphere of `inside` in a box of `outside`, 4 mm voxels centred on the origin of the patient. */
function sphere(centre: Vec3, radiusMm: number, inside: number, outside: number) {
  const size: Vec3 = [40, 40, 50];
  const grid: Grid = { size, spacingMm: [4, 4, 4], origin: [-78, -78, -98], direction: axial };
  const data = new Float32Array(size[0] * size[1] * size[2]);
  let index = 0;
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++) {
        const position = [i, j, k].map((v, axis) => (grid.origin[axis] ?? 0) + 4 * v);
        const distance = Math.hypot(...position.map((p, axis) => p - (centre[axis] ?? 0)));
        data[index++] = distance <= radiusMm ? inside : outside;
      }
    }
  }
  return createVolume(grid, data, '1');
}

const mask = (volume: ReturnType<typeof sphere>) =>
  createVolume(
    volume,
    Uint8Array.from(volume.data, (value) => (value > 1 ? 1 : 0)),
    '1',
  );

describe('captures', () => {
  // To the patient's left (LPS +x), towards the feet (−z): right of the middle and below it in a frontal picture.
  const centre: Vec3 = [40, 0, -30];
  const pet = sphere(centre, 14, 8, 0.2);
  const ct = sphere([0, 0, 0], 70, 40, -1000);

  it('shows the patient left on the right of the picture, in the planes and in the projection', async () => {
    const planes = await fusedPlanes(
      { ct, pet, labels: mask(pet), ctToPet: identity, petMaximum: 8 },
      [0, 0, 0],
      ['first line', 'second line'],
    );
    const red = (x: number, y: number) => planes.data[(y * planes.width + x) * 3] ?? 0;
    const blue = (x: number, y: number) => planes.data[(y * planes.width + x) * 3 + 2] ?? 0;
    const isHot = (x: number, y: number) => red(x, y) - blue(x, y) > 60;
    // The coronal panel starts at 388; its middle is (580, 232); 1 mm a pixel.
    expect(isHot(580 + 40, 232 + 30)).toBe(false); // white-hot: red and blue are both high
    expect(red(580 + 40, 232 + 30)).toBeGreaterThan(150);
    expect(red(580 - 40, 232 + 30)).toBeLessThan(150);

    const mip = await mipCapture(
      { pet, lesions: mask(pet), physiological: mask(ct), marks: [], petMaximum: 8 },
      'MIP',
    );
    const dark = (x: number, y: number) => (mip.data[(y * mip.width + x) * 3] ?? 255) < 60;
    // 160 mm by 200 mm at 1.5 mm a pixel, under a heading of 46 pixels.
    const [middleX, middleY] = [53, 46 + 66];
    expect(dark(middleX + 27, middleY + 20)).toBe(true);
    expect(dark(middleX - 27, middleY + 20)).toBe(false);
  });

  it('writes the mark of a finding beside it, and says when nothing was sought', async () => {
    const nothing = { pet, lesions: null, physiological: null, marks: [], petMaximum: 8 };
    const bare = await mipCapture(nothing, 'MIP');
    const marked = await mipCapture({ ...nothing, marks: [{ text: 'L1', position: centre }] }, 'MIP');
    const reds = (picture: typeof bare, from: number, to: number) => {
      let count = 0;
      for (let y = 112; y < 152; y++) {
        for (let x = from; x < to; x++) {
          const at = (y * picture.width + x) * 3;
          if ((picture.data[at] ?? 0) > 200 && (picture.data[at + 1] ?? 255) < 60) count++;
        }
      }
      return count;
    };
    expect(reds(bare, 0, 107)).toBe(0);
    expect(reds(marked, 30, 107)).toBeGreaterThan(40);
  });

  it('writes the same PNG bytes each time, and they decode to the picture', async () => {
    const input = { ct: null, pet, labels: mask(pet), ctToPet: identity, petMaximum: 8 };
    const first = await fusedPlanes(input, centre, ['caption']);
    const again = await fusedPlanes(input, centre, ['caption']);
    expect(encodePng(again)).toEqual(encodePng(first));
    const decoded = decode(encodePng(first));
    expect([decoded.width, decoded.height]).toEqual([first.width, first.height]);
    expect(Buffer.from(decoded.data as Uint8Array).equals(Buffer.from(first.data))).toBe(true);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runPeer } from '@photopeak/testing';
import fc from 'fast-check';
import { createVolume } from './create.ts';
import type { Grid, Mask, Mat3, Vec3, Volume, VoxelArray } from './volume.ts';

/** Grids of any orientation (also mirrored), anisotropic spacing, sizes from 1. */
export function arbitraryGrid(largest = 7): fc.Arbitrary<Grid> {
  const size = fc.integer({ min: 1, max: largest });
  const mm = fc.double({ min: 0.3, max: 6, noNaN: true });
  const position = fc.double({ min: -500, max: 500, noNaN: true });
  const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true });
  return fc
    .record({
      size: fc.tuple(size, size, size),
      spacingMm: fc.tuple(mm, mm, mm),
      origin: fc.tuple(position, position, position),
      turns: fc.tuple(angle, angle, angle),
      mirrored: fc.boolean(),
    })
    .map(({ size, spacingMm, origin, turns, mirrored }) => ({
      size,
      spacingMm,
      origin,
      direction: rotation(turns, mirrored),
    }));
}

/** Turns about x, then y, then z; mirrored: the k axis points the other way. */
export function rotation([x, y, z]: Vec3, mirrored = false): Mat3 {
  const [cx, sx, cy, sy, cz, sz] = [x, y, z].flatMap((a) => [Math.cos(a), Math.sin(a)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const k = mirrored ? -1 : 1;
  return [
    cz * cy,
    cz * sy * sx - sz * cx,
    k * (cz * sy * cx + sz * sx),
    sz * cy,
    sz * sy * sx + cz * cx,
    k * (sz * sy * cx - cz * sx),
    -sy,
    cy * sx,
    k * cy * cx,
  ];
}

export function plainGrid(size: Vec3, spacingMm: Vec3 = [1, 1, 1], origin: Vec3 = [0, 0, 0]): Grid {
  return { size, spacingMm, origin, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
}

/** Whole numbers that look random, the same every time. */
export function noise(index: number, seed = 1): number {
  let h = Math.imul(index + 1, 2654435761) ^ Math.imul(seed, 40503);
  h = Math.imul(h ^ (h >>> 15), 2246822519);
  h = Math.imul(h ^ (h >>> 13), 3266489917);
  return (h ^ (h >>> 16)) >>> 0;
}

export function volumeOf<T extends VoxelArray>(
  grid: Grid,
  data: T,
  value: (index: number) => number,
): Volume<T> {
  for (let index = 0; index < data.length; index++) data[index] = value(index);
  return createVolume(grid, data, '1');
}

export function randomMask(grid: Grid, percent: number, seed = 1): Mask {
  const count = grid.size[0] * grid.size[1] * grid.size[2];
  return volumeOf(grid, new Uint8Array(count), (index) => (noise(index, seed) % 100 < percent ? 1 : 0));
}

/** Runs a Python script on raw arrays: `input.npy`-free, files `0`, `1`, … in; file `out` back. */
export function runPython(script: string, inputs: readonly VoxelArray[]): ArrayBuffer {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'imaging-peer-'));
  try {
    for (const [index, { buffer, byteOffset, byteLength }] of inputs.entries()) {
      writeFileSync(path.join(folder, String(index)), new Uint8Array(buffer, byteOffset, byteLength));
    }
    const { status, output } = runPeer('python3', [
      '-c',
      `import os; os.chdir(${JSON.stringify(folder)})\n${script}`,
    ]);
    if (status !== 0) throw new Error(output);
    const bytes = readFileSync(path.join(folder, 'out'));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The largest absolute difference of two arrays of the same length. */
export function largestDifference(a: VoxelArray, b: VoxelArray): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < a.length; index++) {
    const difference = Math.abs(a[index]! - b[index]!);
    if (difference > largest || Number.isNaN(difference)) {
      if (!(Number.isNaN(a[index]!) && Number.isNaN(b[index]!)) && a[index] !== b[index])
        largest = difference;
    }
  }
  return largest;
}

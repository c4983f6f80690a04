import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Volume } from '@photopeak/imaging';

/** Node has it; the library of types that is used does not. */
const Half = (
  globalThis as unknown as { Float16Array: { from(values: ArrayLike<number>): Uint16Array<ArrayBuffer> } }
).Float16Array;

/** Images of one size: what was drawn, as it was scanned, what the classical method made of it, and its noise by voxel. */
export interface TrainingPair {
  readonly truth: Volume;
  readonly source: Volume;
  readonly denoised: Volume;
  readonly noise: Volume;
}

/** A pair as NAME.npy: truth, source, denoised and noise one after the other. */
export function writePair(folder: string, name: string, pair: TrainingPair): void {
  writeImages(folder, name, [pair.truth, pair.source, pair.denoised, pair.noise]);
}

/** Images of one size as NAME.npy: float16, images × slices × rows × columns. */
export function writeImages(folder: string, name: string, images: readonly Volume[]): void {
  const [nx, ny, nz] = images[0]!.size;
  const header = `{'descr': '<f2', 'fortran_order': False, 'shape': (${images.length}, ${nz}, ${ny}, ${nx}), }`;
  // Magic, version and length take 10 bytes; the whole is a multiple of 64 that ends in a line feed.
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${padded}`, 'latin1');
  start.writeUInt16LE(padded.length, 8);
  const bodies = images.map(({ data }) => Buffer.from(Half.from(data).buffer));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${name}.npy`), Buffer.concat([start, ...bodies]));
}

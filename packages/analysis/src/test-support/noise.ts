import type { Vec3, Volume } from '@photopeak/imaging';
import { spreadSeed, uniforms } from '../numbers/index.ts';

/** Independent standard normal values (Box and Muller). */
export function standardNormals(count: number, seed: number): Float32Array {
  const uniform = uniforms(spreadSeed(seed));
  const values = new Float32Array(count);
  for (let n = 0; n < count; n += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[n] = radius * Math.cos(angle);
    if (n + 1 < count) values[n + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** A volume of slices whose voxel centred at (x, y, z) mm, from its middle, is `value`. */
export function drawn(
  size: Vec3,
  spacingMm: Vec3,
  value: (x: number, y: number, z: number, at: number) => number,
): Volume<Float32Array> {
  const [nx, ny, nz] = size;
  const data = new Float32Array(nx * ny * nz);
  for (let at = 0; at < data.length; at++) {
    const x = ((at % nx) - (nx - 1) / 2) * spacingMm[0];
    const y = ((Math.floor(at / nx) % ny) - (ny - 1) / 2) * spacingMm[1];
    const z = (Math.floor(at / (nx * ny)) - (nz - 1) / 2) * spacingMm[2];
    data[at] = value(x, y, z, at);
  }
  return { size, spacingMm, origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1], data, unit: '1' };
}

/**
 * Cubic B-spline interpolation on a small block of voxels: the continuous function that passes through the voxel
 * values (Unser 1999, "Splines: a perfect fit for signal and image processing").
 */
const POLE = Math.sqrt(3) - 2;

export interface Block {
  readonly size: readonly [number, number, number];
  readonly data: Float64Array;
}

/** Index of a sample beyond the edge, mirrored at the outermost voxel centres. */
export function mirror(index: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const inPeriod = ((index % period) + period) % period;
  return inPeriod < size ? inPeriod : period - inPeriod;
}

function filterLine(data: Float64Array, start: number, step: number, length: number): void {
  if (length === 1) return;
  const at = (n: number) => start + n * step;
  const gain = (1 - POLE) * (1 - 1 / POLE);
  for (let n = 0; n < length; n++) data[at(n)]! *= gain;
  // The causal filter starts with the sum over the mirrored past of the signal.
  const last = POLE ** (length - 1);
  let sum = data[at(0)]! + last * data[at(length - 1)]!;
  let forward = POLE;
  let backward = last * last * (1 / POLE);
  for (let n = 1; n < length - 1; n++) {
    sum += (forward + backward) * data[at(n)]!;
    forward *= POLE;
    backward /= POLE;
  }
  data[at(0)] = sum / (1 - last * last);
  for (let n = 1; n < length; n++) data[at(n)]! += POLE * data[at(n - 1)]!;
  data[at(length - 1)] = (POLE / (POLE * POLE - 1)) * (data[at(length - 1)]! + POLE * data[at(length - 2)]!);
  for (let n = length - 2; n >= 0; n--) data[at(n)] = POLE * (data[at(n + 1)]! - data[at(n)]!);
}

/** Replaces voxel values by B-spline coefficients, in place. */
export function toCoefficients(block: Block): void {
  const [nx, ny, nz] = block.size;
  for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) filterLine(block.data, nx * (y + ny * z), 1, nx);
  for (let z = 0; z < nz; z++) for (let x = 0; x < nx; x++) filterLine(block.data, x + nx * ny * z, nx, ny);
  for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) filterLine(block.data, x + nx * y, nx * ny, nz);
}

/** The four weights of the coefficients at floor(x) − 1 … floor(x) + 2 for the fraction of x. */
export function basis(fraction: number, out: Float64Array): void {
  const rest = 1 - fraction;
  out[0] = (rest * rest * rest) / 6;
  out[1] = 2 / 3 - 0.5 * fraction * fraction * (2 - fraction);
  out[2] = 2 / 3 - 0.5 * rest * rest * (2 - rest);
  out[3] = (fraction * fraction * fraction) / 6;
}

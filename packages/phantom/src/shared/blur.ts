import { exp } from './exact-math.ts';

/** Normalised half of a sampled Gaussian: weight of the centre first. */
export function gaussianKernel(sigmaPixels: number): Float64Array {
  const radius = Math.max(0, Math.ceil(3.2 * sigmaPixels));
  const half = new Float64Array(radius + 1);
  let sum = 0;
  for (let n = 0; n <= radius; n++) {
    half[n] = sigmaPixels > 0 ? exp(-(n * n) / (2 * sigmaPixels * sigmaPixels)) : 1;
    sum += n === 0 ? half[n]! : 2 * half[n]!;
  }
  for (let n = 0; n <= radius; n++) half[n] = half[n]! / sum;
  return half;
}

/** Full sum of squares of a kernel given by its half: the variance that white noise keeps along one axis. */
export function kernelPower(half: Float64Array): number {
  return half.reduce((sum, weight, n) => sum + (n === 0 ? 1 : 2) * weight * weight, 0);
}

/** Filters a plane along rows and columns, each with its own half kernel; beyond the edge the value is `outside`. */
export function blurPlane(
  source: Float32Array,
  target: Float32Array,
  width: number,
  height: number,
  rows: Float64Array,
  columns: Float64Array,
  outside: number,
): void {
  const rowRadius = rows.length - 1;
  const padded = new Float32Array(width + 2 * rowRadius).fill(outside);
  const middle = new Float32Array(width * height);
  for (let j = 0; j < height; j++) {
    padded.set(source.subarray(j * width, (j + 1) * width), rowRadius);
    for (let i = 0; i < width; i++) {
      const at = i + rowRadius;
      let sum = rows[0]! * padded[at]!;
      for (let n = 1; n <= rowRadius; n++) sum += rows[n]! * (padded[at - n]! + padded[at + n]!);
      middle[i + j * width] = sum;
    }
  }
  const radius = columns.length - 1;
  const line = new Float64Array(width);
  for (let j = 0; j < height; j++) {
    line.fill(0);
    for (let n = -radius; n <= radius; n++) {
      const weight = columns[Math.abs(n)]!;
      const row = j + n;
      if (row < 0 || row >= height) {
        for (let i = 0; i < width; i++) line[i]! += weight * outside;
      } else {
        const base = row * width;
        for (let i = 0; i < width; i++) line[i]! += weight * middle[base + i]!;
      }
    }
    for (let i = 0; i < width; i++) target[i + j * width] = line[i]!;
  }
}

import { describe, expect, it } from 'vitest';
import { blurPlane, gaussianKernel, kernelPower } from './blur.ts';

describe('plane filter', () => {
  it('keeps a constant and the width of a point', () => {
    const size = 41;
    const kernel = gaussianKernel(2.5);
    const flat = new Float32Array(size * size).fill(-1000);
    const out = new Float32Array(size * size);
    blurPlane(flat, out, size, size, kernel, kernel, -1000);
    for (const value of out) expect(value).toBeCloseTo(-1000, 3);

    const point = new Float32Array(size * size);
    point[20 + 20 * size] = 1;
    blurPlane(point, out, size, size, kernel, kernel, 0);
    let sum = 0;
    let second = 0;
    out.forEach((value, n) => {
      sum += value;
      second += value * ((n % size) - 20) ** 2;
    });
    expect(sum).toBeCloseTo(1, 5);
    expect(Math.sqrt(second)).toBeCloseTo(2.5, 1);
  });

  it('tells how much white noise is left', () => {
    // a Gaussian of sigma s leaves 1 / (2 s √π) of the variance along each axis
    expect(kernelPower(gaussianKernel(3))).toBeCloseTo(1 / (2 * 3 * Math.sqrt(Math.PI)), 3);
    expect(kernelPower(gaussianKernel(0))).toBe(1);
  });
});

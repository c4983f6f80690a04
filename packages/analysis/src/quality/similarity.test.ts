import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { drawn, standardNormals } from '../test-support/noise.ts';
import { meanSquaredError, psnr, ssim } from './similarity.ts';

const noise = standardNormals(40 * 32 * 3, 2);
const truth = drawn([40, 32, 3], [1, 1, 1], (x, y, z) => 100 + 40 * Math.sin(x / 4) * Math.cos(y / 5) + z);
const noisy = drawn([40, 32, 3], [1, 1, 1], (_x, _y, _z, at) => truth.data[at]! + 10 * noise[at]!);

describe('similarity of two images', () => {
  it('is perfect of the same image', () => {
    expect(meanSquaredError(truth, truth)).toBe(0);
    expect(psnr(truth, truth, 200)).toBe(Number.POSITIVE_INFINITY);
    expect(ssim(truth, truth, 200)).toBeCloseTo(1, 10);
  });

  it('is not told of images on different grids', () => {
    const other = drawn([40, 32, 2], [1, 1, 1], () => 0);
    expect(() => ssim(truth, other, 1)).toThrow(expect.objectContaining({ code: 'IMAGING_GRID_MISMATCH' }));
  });
});

describeWithPeers('similarity beside scikit-image', ['skimage'], () => {
  it('gives the numbers of skimage.metrics, slice by slice', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'similarity-'));
    try {
      writeFileSync(path.join(folder, 'a'), truth.data);
      writeFileSync(path.join(folder, 'b'), noisy.data);
      const script = `
import numpy as np
from skimage.metrics import structural_similarity as s, peak_signal_noise_ratio as p
a, b = [np.fromfile('${folder}/' + n, '<f4').reshape(3, 32, 40).astype(float) for n in 'ab']
print(p(a, b, data_range=200), np.mean([s(x, y, data_range=200) for x, y in zip(a, b)]))`;
      const { status, output } = runPeer('python3', ['-c', script]);
      expect(status, output).toBe(0);
      const [theirPsnr, theirSsim] = output.trim().split(' ').map(Number);
      expect(psnr(truth, noisy, 200)).toBeCloseTo(theirPsnr!, 6);
      expect(ssim(truth, noisy, 200)).toBeCloseTo(theirSsim!, 6);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

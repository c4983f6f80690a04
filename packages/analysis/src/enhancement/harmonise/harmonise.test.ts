import { createVolume, type Volume } from '@photopeak/imaging';
import { thickSlices } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import {
  correctBiasField,
  histogramDivergence,
  landmarksOf,
  matchLandmarks,
  meanLandmarks,
} from './index.ts';

const { truth } = thickSlices({ seed: 3, size: 40, sliceMm: 4 });
/** As a whole head: 5 mm voxels. */
const head = { ...truth, spacingMm: [5, 5, 5] as const };

/** Enough for a test. */
const quick = { iterations: 12 };

function shaded(volume: Volume, strength: number) {
  const [nx, ny, nz] = volume.size;
  const data = Float32Array.from(volume.data, (value, n) => {
    const [x, y, z] = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / nx / ny)];
    const field = Math.exp(
      strength * (Math.cos((2.2 * x) / nx) + 0.7 * Math.sin((3 * y) / ny) - (0.8 * z) / nz),
    );
    return value * field;
  });
  return createVolume(volume, data, '1');
}

/** Of the voxels that are all white matter. */
function variation({ data }: Volume): number {
  const white = data.filter((_, n) => head.data[n] === 1000) as Float32Array;
  const mean = white.reduce((sum, value) => sum + value, 0) / white.length;
  return Math.sqrt(white.reduce((sum, value) => sum + (value - mean) ** 2, 0) / white.length) / mean;
}

describe('the bias field', () => {
  it('is taken from a shaded head: white matter is uniform again', async () => {
    const image = shaded(head, 0.35);
    const before = variation(image);
    expect(before).toBeGreaterThan(0.08);
    const { volume, fieldSd, field } = await correctBiasField(image, quick);
    expect(variation(volume)).toBeLessThan(before / 4);
    expect(fieldSd).toBeGreaterThan(0.05);
    const at = 20 + 40 * (20 + 40 * 20);
    expect(volume.data[at]! * field.data[at]!).toBeCloseTo(image.data[at]!, 1);
  });

  it('leaves an image without shading nearly as it is', async () => {
    const { volume } = await correctBiasField(head, quick);
    expect(variation(volume)).toBeLessThan(0.02);
  });

  it('is not estimated where there is no tissue', async () => {
    const empty = createVolume(head, new Float32Array(head.data.length), '1');
    await expect(correctBiasField(empty)).rejects.toMatchObject({ code: 'HARMONISE_INPUT' });
  });
});

describe('landmarks', () => {
  /** Another scanner: other gain, other contrast. */
  const other = createVolume(
    head,
    Float32Array.from(head.data, (value) => 3 * value ** 0.8),
    '1',
  );

  it('bring an image to the scale of another, without a change of what is brighter than what', () => {
    const matched = matchLandmarks(other, landmarksOf(head));
    expect(histogramDivergence(matched, head)).toBeLessThan(0.5 * histogramDivergence(other, head));
    const pairs = Array.from(
      { length: 2000 },
      (_, n) => [(n * 7919) % 64_000, (n * 104_729) % 64_000] as const,
    );
    for (const [a, b] of pairs) {
      const before = Math.sign(other.data[a]! - other.data[b]!);
      const after = Math.sign(matched.data[a]! - matched.data[b]!);
      expect(before * after).toBeGreaterThanOrEqual(0);
    }
  });

  it('of a protocol are means of those of its images on one range', () => {
    const own = landmarksOf(head);
    const doubled = own.map((value) => 2 * value);
    const mean = meanLandmarks([own, doubled]);
    for (const [n, value] of mean.entries()) expect(value).toBeCloseTo(1.5 * own[n]!, 6);
  });

  it('are refused where they do not rise', () => {
    expect(() => matchLandmarks(head, [1, 2, 3])).toThrow(
      expect.objectContaining({ code: 'HARMONISE_INPUT' }),
    );
  });
});

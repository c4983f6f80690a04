import { expect, it } from 'vitest';
import { LineSearch } from './line-peaks.ts';
import { noise } from './test-support.ts';

const [width, height, depth] = [41, 23, 3];
const area = width * height;
const values = Float32Array.from({ length: area * depth }, (_, n) => (noise(n) % 200) / 100 - 1);
const mask = Uint8Array.from(values, (_, n) => (n % 11 === 0 ? 0 : 1));

it.each([0.7, -0.4, 0])(
  'means along lines of slope %f are those of the definition, and so are their peaks',
  async (slope) => {
    const half = 4;
    const shifts = Int32Array.from({ length: height }, (_, n) => Math.round(slope * n));
    using lines = new LineSearch([width, height, depth], values, mask);
    const means = Float32Array.from(await lines.means({ half, shifts }));
    const expected = means.map((_, at) => {
      const [i, j, plane] = [at % width, Math.floor(at / width) % height, at - (at % area)];
      // The running sums begin in the row before.
      if (j <= half || j + half >= height) return 0;
      let sum = 0;
      for (let n = -half - 1; n <= half; n++) {
        const column = i + shifts[j + n]! - shifts[j]!;
        if (column < 0 || column >= width) return 0;
        if (n >= -half) sum += values[plane + width * (j + n) + column]!;
      }
      return sum / (2 * half + 1);
    });
    for (const [at, mean] of means.entries()) expect(mean).toBeCloseTo(expected[at]!, 5);
    const blocks = { across: 2, down: 1, values: [0.1, 0.2, 0.1, 0.2, 0.3, 0.3] };
    const found = await lines.peaks(blocks, 2.003);
    const limit = (at: number) => {
      const part = Math.min(1, Math.max(0, (((at % width) + 0.5) * 2) / width - 0.5));
      return 2.003 * (at >= 2 * area ? 0.3 : 0.1 + 0.1 * part);
    };
    expect(found.length).toBeGreaterThan(20);
    expect(found).toEqual(
      [...means.keys()].filter((at) => mask[at] === 1 && Math.abs(means[at]!) > limit(at)),
    );
  },
);

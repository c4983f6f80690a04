import { describe, expect, it } from 'vitest';
import { askedAtHalfSize } from './pilot.ts';

describe('a pilot at half the size', () => {
  it('sees the mean of the envelope, of odd sizes as well, and what it tells lies where it belongs', async () => {
    const [width, height] = [13, 7];
    const ramp = Float32Array.from({ length: 2 * width * height }, (_, n) => -0.01 * (n % width));
    const sizes: (readonly number[])[] = [];
    const found = await askedAtHalfSize(
      async (logs, size) => {
        sizes.push(size);
        return logs;
      },
      ramp,
      [width, height, 2],
    );
    expect(sizes).toEqual([[7, 4, 2]]);
    for (let n = 0; n < found.length; n++) {
      const x = n % width;
      // Beyond the middle of the first and the last block nothing is known.
      if (x > 0 && x < width - 2) expect(found[n]).toBeCloseTo(ramp[n]!, 4);
    }
  });
});

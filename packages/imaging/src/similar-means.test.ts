import { afterEach, describe, expect, it } from 'vitest';
import { setThreads } from './pool/pool.ts';
import { type SimilarityStage, similarMeans } from './similar-means.ts';
import { noise } from './test-support.ts';

const stage: SimilarityStage = {
  offsets: [
    [1, 0],
    [2, 0],
    [-1, 1],
    [0, 1],
    [1, 1],
    [-2, 3],
    [0, 3],
  ],
  radius: 1,
  step: [2, 1],
  cut: 0.9,
  most: 1.1,
};
const [width, height, pictures] = [37, 150, 2];
const count = width * height * pictures;
const random = (n: number) => (noise(n) % 1000) / 1000;
const mask = Int8Array.from({ length: count }, (_, n) => (n % width > 30 && n % 3 === 0 ? 0 : -1));
const values = Float32Array.from({ length: count }, (_, n) => (0.5 + random(n)) * -mask[n]!);
const pilot = Float32Array.from({ length: count }, (_, n) => random(n + 7) + ((n % width) >> 4));
const input = { width, height, values, pilot, mask };

/** The definition, place by place. */
function byDefinition(picture: number, x: number, y: number): number {
  const at = (i: number, j: number) => i + width * (j + height * picture);
  const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v, low), high);
  const { radius, step, cut } = stage;
  let sum = values[at(x, y)]!;
  let weight = -mask[at(x, y)]!;
  for (const [ox, oy] of stage.offsets.flatMap(
    ([dx, dy]) =>
      [
        [dx, dy],
        [-dx, -dy],
      ] as const,
  )) {
    if (x + ox < 0 || x + ox >= width || y + oy < 0 || y + oy >= height) continue;
    // Where a patch leaves the part that both places have, the edge of that part is repeated.
    const [lowX, highX] = [Math.max(0, -ox), Math.min(width, width - ox) - 1];
    const [lowY, highY] = [Math.max(0, -oy), Math.min(height, height - oy) - 1];
    let difference = 0;
    for (let b = -radius; b <= radius; b++) {
      for (let a = -radius; a <= radius; a++) {
        const i = clamp(x + a * step[0], lowX, highX);
        const j = clamp(y + b * step[1], lowY, highY);
        difference += Math.min(1.1, Math.abs(pilot[at(i, j)]! - pilot[at(i + ox, j + oy)]!)) ** 2;
      }
    }
    const w = Math.max(0, 1 - difference / ((2 * radius + 1) ** 2 * cut ** 2)) ** 2;
    sum += w * values[at(x + ox, y + oy)]!;
    weight -= w * mask[at(x + ox, y + oy)]!;
  }
  return weight > 0 ? Math.log(sum / weight) : 0;
}

afterEach(() => setThreads(2));

describe('means over similar places', () => {
  it('are what their definition says, at edges, beside the mask and in every picture', async () => {
    const means = await similarMeans(input, [stage]);
    // Differences in steps of a 63rd of the largest, weights in steps of a 1024th.
    let worst = 0;
    for (let n = 0; n < count; n++) {
      const [x, y] = [n % width, Math.floor(n / width) % height];
      const expected = byDefinition(Math.floor(n / width / height), x, y);
      worst = Math.max(worst, Math.abs(means[n]! - expected));
    }
    expect(worst).toBeLessThan(5e-3);
  });

  it('are the same bytes for any number of threads', async () => {
    setThreads(1);
    const one = await similarMeans(input, [stage, stage]);
    for (const threads of [2, 5]) {
      setThreads(threads);
      expect(await similarMeans(input, [stage, stage])).toEqual(one);
    }
  });

  it('refuse pictures that are not whole', async () => {
    await expect(similarMeans({ ...input, height: 151 }, [stage])).rejects.toMatchObject({
      code: 'IMAGING_DATA_LENGTH',
    });
  });
});

import type { Vec3 } from '@photopeak/imaging';

/**
 * The logarithm of the mean envelope of each place, as far as it can be told from logarithms of the envelope (nepers
 * against white): pictures of one size, one behind the other. Where there is no tissue the logarithms are those of tissue nearby.
 */
export type SpecklePilot = (logs: Float32Array, size: Vec3) => Promise<Float32Array>;

/**
 * What a pilot tells of pictures that it sees at half their size: the envelope of 2 × 2 pixels averaged. That is a quarter of
 * the work, and it sees twice as far; which places are alike needs no finer picture.
 */
export async function askedAtHalfSize(
  pilot: SpecklePilot,
  logs: Float32Array,
  [width, height, frames]: Vec3,
): Promise<Float32Array> {
  const [columns, rows] = [(width + 1) >> 1, (height + 1) >> 1];
  const half = new Float32Array(columns * rows * frames);
  for (let frame = 0, to = 0; frame < frames; frame++)
    for (let j = 0; j < rows; j++) {
      const above = width * (2 * j + height * frame);
      const below = 2 * j + 1 < height ? above + width : above;
      for (let i = 0; i < columns; i++, to++) {
        const next = 2 * i + 1 < width ? 1 : 0;
        let sum = Math.exp(logs[above + 2 * i]!) + Math.exp(logs[above + 2 * i + next]!);
        sum += Math.exp(logs[below + 2 * i]!) + Math.exp(logs[below + 2 * i + next]!);
        half[to] = Math.log(sum / 4);
      }
    }
  const told = await pilot(half, [columns, rows, frames]);
  const result = new Float32Array(logs.length);
  const [across, down] = [between(width, columns), between(height, rows)];
  for (let frame = 0, to = 0; frame < frames; frame++)
    for (let y = 0; y < height; y++) {
      const above = columns * (down.first[y]! + rows * frame);
      const below = columns * (down.second[y]! + rows * frame);
      const v = down.part[y]!;
      for (let x = 0; x < width; x++, to++) {
        const [i, k, u] = [across.first[x]!, across.second[x]!, across.part[x]!];
        const upper = told[above + i]! + u * (told[above + k]! - told[above + i]!);
        const lower = told[below + i]! + u * (told[below + k]! - told[below + i]!);
        result[to] = upper + v * (lower - upper);
      }
    }
  return result;
}

/** Of each fine place: the coarse ones before and after it, and the part of the way between them. */
function between(fine: number, coarse: number) {
  const places = Array.from({ length: fine }, (_, n) => Math.min(coarse - 1, Math.max(0, n / 2 - 0.25)));
  return {
    first: Int32Array.from(places, Math.floor),
    second: Int32Array.from(places, (place) => Math.min(coarse - 1, Math.floor(place) + 1)),
    part: Float32Array.from(places, (place) => place - Math.floor(place)),
  };
}

/**
 * Means of each place over a frame and its two neighbours, so that what stands still does not flicker: a neighbour counts
 * by how alike the 3 × 3 places around are (Tukey's biweight; nothing beyond `cut`), so that what moves is not smeared.
 * `frames` pictures of logarithms, one behind the other; the first and the last have one neighbour.
 */
export function steadied(
  logs: Float32Array,
  width: number,
  height: number,
  frames: number,
  cut: number,
): Float32Array {
  const area = width * height;
  const sums = Float32Array.from(logs);
  const weights = new Float32Array(logs.length).fill(1);
  const weight = new Float32Array(area);
  for (let frame = 0; frame + 1 < frames; frame++) {
    const [here, next] = [frame * area, (frame + 1) * area];
    likeness(logs, here, next, width, height, cut, weight);
    for (let n = 0; n < area; n++) {
      const w = weight[n]!;
      sums[here + n]! += w * logs[next + n]!;
      sums[next + n]! += w * logs[here + n]!;
      weights[here + n]! += w;
      weights[next + n]! += w;
    }
  }
  for (let n = 0; n < sums.length; n++) sums[n]! /= weights[n]!;
  return sums;
}

function likeness(
  logs: Float32Array,
  a: number,
  b: number,
  width: number,
  height: number,
  cut: number,
  out: Float32Array,
): void {
  const rows = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const at = y * width;
    let [before, middle] = [0, 0];
    for (let x = 0; x <= width; x++) {
      const inside = x < width;
      const d = inside ? logs[a + at + x]! - logs[b + at + x]! : 0;
      const square = d * d;
      if (x > 0) rows[at + x - 1] = before + middle + square;
      before = middle;
      middle = square;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = x + width * y;
      const sum = rows[at]! + (y > 0 ? rows[at - width]! : 0) + (y < height - 1 ? rows[at + width]! : 0);
      const t = 1 - sum / (9 * cut * cut);
      out[at] = t > 0 ? t * t : 0;
    }
  }
}

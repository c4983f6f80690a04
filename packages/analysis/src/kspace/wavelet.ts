/** Orthogonal wavelet of Daubechies with four taps, periodic, on a plane of real numbers in place. */
const ROOT3 = Math.sqrt(3);
const LOW = [1 + ROOT3, 3 + ROOT3, 3 - ROOT3, 1 - ROOT3].map((value) => value / (4 * Math.SQRT2)) as [
  number,
  number,
  number,
  number,
];
const HIGH = [LOW[3], -LOW[2], LOW[1], -LOW[0]] as const;

/** One level along lines of even length n: sums first, details behind. */
function split(line: Float64Array, n: number, work: Float64Array): void {
  const half = n / 2;
  for (let k = 0; k < half; k++) {
    let [low, high] = [0, 0];
    for (let t = 0; t < 4; t++) {
      const value = line[(2 * k + t) % n]!;
      low += LOW[t]! * value;
      high += HIGH[t]! * value;
    }
    work[k] = low;
    work[half + k] = high;
  }
  for (let k = 0; k < n; k++) line[k] = work[k]!;
}

function join(line: Float64Array, n: number, work: Float64Array): void {
  const half = n / 2;
  work.fill(0, 0, n);
  for (let k = 0; k < half; k++) {
    for (let t = 0; t < 4; t++) work[(2 * k + t) % n]! += LOW[t]! * line[k]! + HIGH[t]! * line[half + k]!;
  }
  for (let k = 0; k < n; k++) line[k] = work[k]!;
}

/** `levels` levels of both axes; width and height are multiples of 2^levels. */
export function waveletTransform(
  plane: Float64Array,
  width: number,
  height: number,
  levels: number,
  inverse: boolean,
): void {
  const line = new Float64Array(Math.max(width, height));
  const work = new Float64Array(line.length);
  const pass = inverse ? join : split;
  const along = (start: number, step: number, n: number) => {
    for (let k = 0; k < n; k++) line[k] = plane[start + step * k]!;
    pass(line, n, work);
    for (let k = 0; k < n; k++) plane[start + step * k] = line[k]!;
  };
  for (let level = 0; level < levels; level++) {
    const shrink = inverse ? levels - 1 - level : level;
    const [w, h] = [width >> shrink, height >> shrink];
    const rows = () => {
      for (let y = 0; y < h; y++) along(y * width, 1, w);
    };
    const columns = () => {
      for (let x = 0; x < w; x++) along(x, width, h);
    };
    if (inverse) {
      columns();
      rows();
    } else {
      rows();
      columns();
    }
  }
}

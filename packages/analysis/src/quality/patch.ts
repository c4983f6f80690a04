import type { Volume } from '@photopeak/imaging';

/** A rectangle of one slice, x fastest. */
export interface Patch {
  readonly values: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** A square of `size` pixels whose first pixel is (i, j) of slice k. */
export function patchAt(volume: Volume, i: number, j: number, k: number, size: number): Patch {
  const [nx, ny] = volume.size;
  const values = new Float64Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) values[x + size * y] = volume.data[i + x + nx * (j + y + ny * k)]!;
  return { values, width: size, height: size };
}

/**
 * The patch less its fit by a polynomial of second order (1, x, y, xy, x², y²), which takes out shading and cupping. On
 * a full rectangle these terms are orthogonal once the squares have lost their means, so that each is taken out alone.
 */
export function detrend({ values, width, height }: Patch): Patch {
  const x2 = (width * width - 1) / 12;
  const y2 = (height * height - 1) / 12;
  const terms: readonly ((x: number, y: number) => number)[] = [
    () => 1,
    (x) => x,
    (_, y) => y,
    (x, y) => x * y,
    (x) => x * x - x2,
    (_, y) => y * y - y2,
  ];
  const residual = Float64Array.from(values);
  for (const term of terms) {
    let along = 0;
    let power = 0;
    const each = (use: (at: number, value: number) => void) => {
      for (let j = 0; j < height; j++)
        for (let i = 0; i < width; i++) use(i + width * j, term(i - (width - 1) / 2, j - (height - 1) / 2));
    };
    each((at, value) => {
      along += value * residual[at]!;
      power += value * value;
    });
    const share = power > 0 ? along / power : 0;
    each((at, value) => {
      residual[at]! -= share * value;
    });
  }
  return { values: residual, width, height };
}

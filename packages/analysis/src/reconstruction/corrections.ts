import { PhotopeakError, type Projections } from '@photopeak/imaging';
import { solve } from '../numbers/index.ts';
import { requireParameter } from './iterative.ts';

/** The tube's spectrum as few lines: share of the detected signal and what water attenuates at it, 1/mm. */
export interface SpectrumLine {
  readonly share: number;
  readonly waterPerMm: number;
}

/**
 * Coefficients c₁, c₂, … of the polynomial that makes what a spectrum measures behind water proportional to its thickness:
 * least squares over thicknesses up to `mostMm`. `perMm` is what water shall attenuate afterwards; without, as at the
 * beginning of the curve. Throws `RECONSTRUCTION_PARAMETER`.
 */
export function waterPolynomial(
  spectrum: readonly SpectrumLine[],
  mostMm: number,
  { degree = 4, perMm }: { readonly degree?: number; readonly perMm?: number } = {},
): number[] {
  const total = spectrum.reduce((sum, { share }) => sum + share, 0);
  const measured = (mm: number) =>
    -Math.log(
      spectrum.reduce((sum, { share, waterPerMm }) => sum + share * Math.exp(-waterPerMm * mm), 0) / total,
    );
  const target =
    perMm ?? spectrum.reduce((sum, { share, waterPerMm }) => sum + share * waterPerMm, 0) / total;
  const samples = 200;
  const normal = Array.from({ length: degree }, () => new Array<number>(degree).fill(0));
  const right = new Array<number>(degree).fill(0);
  // Scaled to 0..1, so that the powers stay comparable.
  const scale = measured(mostMm);
  for (let n = 1; n <= samples; n++) {
    const mm = (mostMm * n) / samples;
    const powers = Array.from({ length: degree }, (_, k) => (measured(mm) / scale) ** (k + 1));
    for (let i = 0; i < degree; i++) {
      for (let j = 0; j < degree; j++) normal[i]![j]! += powers[i]! * powers[j]!;
      right[i]! += powers[i]! * target * mm;
    }
  }
  requireParameter(solve(normal, right), 'degree', 'less than the spectrum can tell', degree);
  return right.map((coefficient, k) => coefficient / scale ** (k + 1));
}

/** p → c₁p + c₂p² + …: beam hardening by water. */
export function correctWater({ geometry, data }: Projections, coefficients: readonly number[]): Projections {
  const corrected = data.map((p) => coefficients.reduceRight((sum, c) => (sum + c) * p, 0));
  return { geometry, data: corrected };
}

export interface ScatterOptions {
  /**
   * `uniform`: the same in a whole view, `ratio` times the mean primary behind the object. `kernel`: the primary times its
   * line integral (where photons were scattered), spread by a Gaussian of `sigmaMm` on the detector, `ratio` times.
   */
  readonly kind: 'uniform' | 'kernel';
  readonly ratio: number;
  readonly sigmaMm?: number;
}

const SCATTER_PASSES = 4;
/** Behind the object: rays that lose more than this. */
const SHADOW = 0.05;
/** Never more than this share of what a pixel measured is called scatter. */
const MOST_SCATTER = 0.95;

/**
 * Takes scattered photons out of line integrals: the primary is found from itself by a few passes. Throws
 * `RECONSTRUCTION_PARAMETER`.
 */
export function correctScatter({ geometry, data }: Projections, options: ScatterOptions): Projections {
  const { kind, ratio, sigmaMm = 60 } = options;
  if (!(ratio >= 0 && sigmaMm > 0)) {
    throw new PhotopeakError('the parameters of a scatter correction are not valid', {
      code: 'RECONSTRUCTION_PARAMETER',
      expected: 'a ratio of at least 0 and a width above 0 mm',
      found: `${ratio}, ${sigmaMm} mm`,
    });
  }
  const [columns, rows] = geometry.detectorSize;
  const pixels = columns * rows;
  const corrected = new Float32Array(data.length);
  const measured = new Float64Array(pixels);
  const primary = new Float64Array(pixels);
  const scatter = new Float64Array(pixels);
  const sigma = geometry.pixelMm.map((mm) => sigmaMm / mm) as unknown as readonly [number, number];
  for (let from = 0; from < data.length; from += pixels) {
    for (let n = 0; n < pixels; n++) measured[n] = Math.exp(-data[from + n]!);
    primary.set(measured);
    for (let pass = 0; pass < SCATTER_PASSES; pass++) {
      if (kind === 'uniform') scatter.fill(ratio * meanBehind(primary));
      else {
        for (let n = 0; n < pixels; n++)
          scatter[n] = primary[n]! < 1 ? -ratio * primary[n]! * Math.log(primary[n]!) : 0;
        spread(scatter, columns, rows, sigma);
      }
      for (let n = 0; n < pixels; n++)
        primary[n] = measured[n]! - Math.min(scatter[n]!, MOST_SCATTER * measured[n]!);
    }
    for (let n = 0; n < pixels; n++) corrected[from + n] = -Math.log(primary[n]!);
  }
  return { geometry, data: corrected };
}

function meanBehind(primary: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (const value of primary) {
    if (value > 1 - SHADOW) continue;
    sum += value;
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/** A Gaussian by three running means along each axis, ends repeated; in place. */
function spread(image: Float64Array, columns: number, rows: number, sigma: readonly [number, number]): void {
  const line = new Float64Array(Math.max(columns, rows));
  const smooth = (start: number, step: number, n: number, wanted: number) => {
    // Three boxes of width w have the variance (w² − 1)/4.
    const radius = Math.max(0, Math.round((Math.sqrt(4 * wanted * wanted + 1) - 1) / 2));
    for (let pass = 0; pass < 3 && radius > 0; pass++) {
      for (let k = 0; k < n; k++) line[k] = image[start + k * step]!;
      const at = (k: number) => line[Math.min(n - 1, Math.max(0, k))]!;
      let sum = 0;
      for (let k = -radius; k <= radius; k++) sum += at(k);
      for (let k = 0; k < n; k++) {
        image[start + k * step] = sum / (2 * radius + 1);
        sum += at(k + radius + 1) - at(k - radius);
      }
    }
  };
  for (let v = 0; v < rows; v++) smooth(v * columns, 1, columns, sigma[0]);
  for (let u = 0; u < columns; u++) smooth(u, columns, rows, sigma[1]);
}

import type { Grid } from '@photopeak/imaging';
import { blurPlane, gaussianKernel, kernelPower } from '../shared/blur.ts';
import { Random } from '../shared/random.ts';
import { Texture } from '../shared/texture.ts';
import type { Part } from './anatomy/index.ts';
import type { PlacedLesion } from './lesions.ts';
import type { Mapping } from './mapping.ts';
import type { Scanner } from './scanners.ts';
import { SlicePainter } from './slice-painter.ts';
import { tissues } from './tissues.ts';

/** Full width at half maximum of a Gaussian over its sigma. */
export const FWHM_PER_SIGMA = 2.3548200450309493;
/** Activity is drawn on a grid twice as fine as the image, in each direction. */
const FINE = 2;
/** Counts that scatter and randoms leave behind everywhere, in SUV: the noise floor. */
const NOISE_FLOOR = 0.06;
/** Bed positions overlap less at their ends, so noise rises there. */
const BED_MM = 156;

export interface PetOptions {
  readonly seed: number;
  /** Of the noise, where it is not that of the anatomy. */
  readonly noiseSeed: number;
  readonly grid: Grid;
  readonly mapping: Mapping;
  readonly parts: readonly Part[];
  readonly lesions: readonly PlacedLesion[];
  readonly scanner: Scanner;
  /** SUV of each label in this patient. */
  readonly uptake: Float32Array;
  readonly noise: number;
  /** Called with each noise-free plane in SUV, in order. */
  readonly onNoiseFree?: (plane: Float32Array, slice: number) => void;
}

/**
 * PET in SUV, slice by slice: the true activity on a grid twice as fine, blurred in three dimensions to the
 * scanner's resolution, then count-like noise (variance proportional to local activity plus a floor), correlated by
 * the post-filter. Negative values are cut off, as OSEM does.
 */
export function simulatePet(options: PetOptions): Float32Array {
  const { grid, scanner } = options;
  const [width, height, count] = grid.size;
  const pixels = width * height;
  const result = new Float32Array(pixels * count);
  const fine = new FineActivity(options);
  const noise = new PetNoise(options.noiseSeed, scanner, grid);

  // fine planes k0 … k0 + taps are kept; a coarse plane is their weighted sum
  const axial = axialWeights(scanner.petFwhmMm / FWHM_PER_SIGMA / (grid.spacingMm[2] / FINE));
  const planes: Float32Array[] = axial.map(() => new Float32Array(pixels));
  const reach = axial.length / 2;
  let next = -reach + 1;
  const advance = () => {
    const plane = planes.shift()!;
    fine.render(next, plane);
    planes.push(plane);
    next++;
  };
  for (let n = 0; n < axial.length; n++) advance();
  const clean = new Float32Array(pixels);
  for (let k = 0; k < count; k++) {
    clean.fill(0);
    axial.forEach((weight, n) => {
      const plane = planes[n]!;
      for (let p = 0; p < pixels; p++) clean[p]! += weight * plane[p]!;
    });
    options.onNoiseFree?.(clean, k);
    const target = result.subarray(k * pixels, (k + 1) * pixels);
    target.set(clean);
    if (options.noise > 0) noise.add(target, k, options.noise);
    for (let n = 0; n < FINE; n++) advance();
  }
  return result;
}

/**
 * Weights of the fine planes around a coarse plane, which lies midway between two of them. The pair itself already
 * spreads by half a fine step; that share is taken off so that the total is the scanner's width.
 */
function axialWeights(sigmaSteps: number): number[] {
  const sigma = Math.sqrt(Math.max(0.05, sigmaSteps * sigmaSteps - 1 / 3));
  const kernel = gaussianKernel(sigma);
  const radius = kernel.length - 1;
  const weights = new Array<number>(2 * radius + 2).fill(0);
  for (let pair = 0; pair < 2; pair++) {
    for (let n = -radius; n <= radius; n++) weights[radius + pair + n]! += 0.5 * kernel[Math.abs(n)]!;
  }
  return weights;
}

/** Draws planes of true activity and returns them blurred in the plane, on the coarse pixels. */
class FineActivity {
  readonly #options: PetOptions;
  readonly #painter: SlicePainter;
  readonly #texture: Texture;
  readonly #variation: Float32Array;
  readonly #kernel: Float64Array;
  readonly #activity: Float32Array;
  readonly #blurred: Float32Array;
  readonly #z0: number;
  readonly #dz: number;

  constructor(options: PetOptions) {
    const { grid, scanner } = options;
    this.#options = options;
    const spacing = grid.spacingMm.map((mm) => mm / FINE) as [number, number, number];
    const plane = {
      size: [grid.size[0] * FINE, grid.size[1] * FINE, 1] as const,
      spacingMm: spacing,
      origin: [grid.origin[0] - spacing[0] / 2, grid.origin[1] - spacing[1] / 2, 0] as const,
    };
    this.#painter = new SlicePainter(plane, options.mapping, options.parts, options.lesions);
    this.#texture = new Texture(Random.of('petct', options.seed, 'pet-texture'));
    this.#variation = Float32Array.from(tissues, (tissue) => tissue.suvTexture);
    const sigma = scanner.petFwhmMm / FWHM_PER_SIGMA / spacing[0];
    this.#kernel = gaussianKernel(Math.sqrt(Math.max(0.05, sigma * sigma - 1 / 3)));
    this.#activity = new Float32Array(plane.size[0] * plane.size[1]);
    this.#blurred = new Float32Array(plane.size[0] * plane.size[1]);
    this.#dz = spacing[2];
    this.#z0 = grid.origin[2] - spacing[2] / 2;
  }

  render(fineSlice: number, target: Float32Array): void {
    const painter = this.#painter;
    const { uptake, lesions, grid } = this.#options;
    const activity = this.#activity;
    const { range, width, lesionShare, lesionIndex } = painter;
    painter.paint(this.#z0 + fineSlice * this.#dz, this.#dz);
    activity.fill(0);
    for (let j = range.j0; j < range.j1; j++) {
      for (let n = range.i0 + j * width, end = range.i1 + j * width; n < end; n++) {
        const label = painter.labels[n]!;
        if (label === 0) continue;
        const local = this.#texture.at(painter.x[n]! / 16, painter.y[n]! / 16, painter.z[n]! / 16);
        let suv = uptake[label]! * Math.max(0.2, 1 + this.#variation[label]! * local);
        const share = lesionShare[n]!;
        if (share > 0) suv = suv * (1 - share) + lesions[lesionIndex[n]! - 1]!.suv * share;
        activity[n] = suv;
      }
    }
    blurPlane(activity, this.#blurred, width, painter.height, this.#kernel, this.#kernel, 0);
    const [nx, ny] = grid.size;
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        const n = FINE * i + FINE * j * width;
        const sum =
          this.#blurred[n]! +
          this.#blurred[n + 1]! +
          this.#blurred[n + width]! +
          this.#blurred[n + width + 1]!;
        target[i + j * nx] = sum / 4;
      }
    }
  }
}

class PetNoise {
  readonly #seed: number;
  readonly #scanner: Scanner;
  readonly #grid: Grid;
  readonly #inPlane: Float64Array;
  readonly #axial: Float64Array;
  readonly #gain: number;
  readonly #planes = new Map<number, Float32Array>();

  constructor(seed: number, scanner: Scanner, grid: Grid) {
    this.#seed = seed;
    this.#scanner = scanner;
    this.#grid = grid;
    const sigmaMm = scanner.petNoiseFwhmMm / FWHM_PER_SIGMA;
    this.#inPlane = gaussianKernel(sigmaMm / grid.spacingMm[0]);
    this.#axial = gaussianKernel((0.75 * sigmaMm) / grid.spacingMm[2]);
    this.#gain = 1 / (kernelPower(this.#inPlane) * Math.sqrt(kernelPower(this.#axial)));
  }

  add(plane: Float32Array, slice: number, strength: number): void {
    const radius = this.#axial.length - 1;
    for (const held of this.#planes.keys()) if (held < slice - radius) this.#planes.delete(held);
    const sum = new Float32Array(plane.length);
    for (let n = -radius; n <= radius; n++) {
      const weight = this.#axial[Math.abs(n)]!;
      const source = this.#plane(slice + n);
      for (let p = 0; p < sum.length; p++) sum[p]! += weight * source[p]!;
    }
    const level =
      this.#gain * this.#scanner.petNoise * strength * this.#thickness(plane) * this.#bedProfile(slice);
    for (let p = 0; p < plane.length; p++) {
      const value = plane[p]!;
      plane[p] = Math.max(0, value + level * Math.sqrt(value + NOISE_FLOOR) * sum[p]!);
    }
  }

  #plane(slice: number): Float32Array {
    const held = this.#planes.get(slice);
    if (held !== undefined) return held;
    const [width, height] = this.#grid.size;
    const white = new Float32Array(width * height);
    Random.of('petct', this.#seed, 'pet-noise', slice).fillNormal(white);
    const filtered = new Float32Array(width * height);
    blurPlane(white, filtered, width, height, this.#inPlane, this.#inPlane, 0);
    this.#planes.set(slice, filtered);
    return filtered;
  }

  /** Wider bodies attenuate more: from 0.7 in the head to 1.35 at wide hips. */
  #thickness(plane: Float32Array): number {
    let inside = 0;
    for (const value of plane) if (value > 0.15) inside++;
    const area = inside * this.#grid.spacingMm[0] * this.#grid.spacingMm[1];
    return Math.min(1.4, Math.max(0.7, 0.55 + area / 125_000));
  }

  #bedProfile(slice: number): number {
    const z = slice * this.#grid.spacingMm[2];
    const within = (z % BED_MM) / BED_MM - 0.5;
    return 1 + 0.5 * within * within;
  }
}

import type { Grid } from '@photopeak/imaging';
import { blurPlane, gaussianKernel, kernelPower } from '../shared/blur.ts';
import { exp, square } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';
import { Texture } from '../shared/texture.ts';
import type { Fissures, Part } from './anatomy/index.ts';
import type { PlacedLesion } from './lesions.ts';
import type { Mapping } from './mapping.ts';
import type { Scanner } from './scanners.ts';
import { SlicePainter } from './slice-painter.ts';
import { type ContrastPhase, labelOf, type Tissue, tissues } from './tissues.ts';

export interface CtOptions {
  readonly seed: number;
  /** Of the noise, where it is not that of the anatomy. */
  readonly noiseSeed: number;
  readonly grid: Grid;
  readonly mapping: Mapping;
  readonly parts: readonly Part[];
  readonly lesions: readonly PlacedLesion[];
  readonly scanner: Scanner;
  readonly contrast: ContrastPhase | undefined;
  /** 1 as the scanner, 0 none. */
  readonly noise: number;
  readonly fissures?: Fissures | undefined;
  /** Height of the couch's surface in LPS y at the midline. */
  readonly couchMm: number;
}

export interface CtResult {
  readonly hu: Int16Array;
  readonly labels: Uint8Array;
}

const LUNG_LABELS = [labelOf('lung-right'), labelOf('lung-left')];
const LESION = labelOf('lesion');
const SHELL = labelOf('table-shell');
const CORE = labelOf('table-core');
const AIR_HU = -1000;
/** Attenuation of water at the effective energy of CT, per mm. */
const WATER_PER_MM = 0.0195;
/** Tube current modulation answers half of a thicker body. */
const UNMODULATED = 0.55;

const enhancementOf = (tissue: Tissue, phase: ContrastPhase | undefined): number =>
  phase === undefined ? 0 : phase === 'portal' ? tissue.enhancement : tissue.arterial;

/** The couch under a point of the plane, or nothing. */
function couch(x: number, y: number, surfaceMm: number): number {
  const across = Math.abs(x);
  if (across > 215) return 0;
  const top = surfaceMm - (across * across) / 1150;
  const bottom = surfaceMm + 34 - (across * across) / 2900;
  if (y < top || y > bottom) return 0;
  return y < top + 3 || y > bottom - 3 || across > 212 ? SHELL : CORE;
}

/**
 * CT slice by slice: tissues at half-slice steps (weights ¼, ½, ¼ over a slice's thickness), the couch, the
 * scanner's point spread, then noise whose strength follows the body's water-equivalent diameter, with the streaks
 * of shoulders and hips where the body is much wider than deep. Each slice draws its noise from a stream of its own.
 */
export function simulateCt(options: CtOptions): CtResult {
  const { grid, scanner } = options;
  const [width, height, count] = grid.size;
  const pixels = width * height;
  const hu = new Int16Array(pixels * count);
  const labels = new Uint8Array(pixels * count);
  const painter = new SlicePainter(grid, options.mapping, options.parts, options.lesions);
  const shade = new Shader(options, painter);
  const noise = new CtNoise(options.noiseSeed, scanner, grid);
  const spread = gaussianKernel(scanner.ctSigmaMm / grid.spacingMm[0]);
  const step = grid.spacingMm[2] / 2;
  let before = new Float32Array(pixels);
  const middle = new Float32Array(pixels);
  let after = new Float32Array(pixels);
  const mean = new Float32Array(pixels);
  shade.render(grid.origin[2] - step, before);
  for (let k = 0; k < count; k++) {
    const z = grid.origin[2] + k * grid.spacingMm[2];
    shade.render(z, middle);
    labels.set(shade.labels, k * pixels);
    shade.render(z + step, after);
    for (let n = 0; n < pixels; n++) mean[n] = 0.25 * (before[n]! + after[n]!) + 0.5 * middle[n]!;
    blurPlane(mean, middle, width, height, spread, spread, AIR_HU);
    if (options.noise > 0) noise.add(middle, k, options.noise);
    const base = k * pixels;
    for (let n = 0; n < pixels; n++) {
      hu[base + n] = Math.min(3071, Math.max(-1024, Math.round(middle[n]!)));
    }
    [before, after] = [after, before];
  }
  return { hu, labels };
}

/** Turns one painted plane into HU and final labels (with couch and lesions). */
class Shader {
  readonly labels: Uint8Array;
  readonly #options: CtOptions;
  readonly #painter: SlicePainter;
  readonly #hu: Float32Array;
  readonly #amplitude: Float32Array;
  readonly #fine: Texture;
  readonly #couch: Uint8Array;
  /** A sheet must not fall between the planes that are painted. */
  readonly #sheetSigmaMm: number;

  constructor(options: CtOptions, painter: SlicePainter) {
    this.#options = options;
    this.#painter = painter;
    this.labels = new Uint8Array(painter.labels.length);
    this.#hu = Float32Array.from(tissues, (t) => t.hu + enhancementOf(t, options.contrast));
    this.#amplitude = Float32Array.from(tissues, (t) => t.huTexture);
    this.#fine = new Texture(Random.of('petct', options.seed, 'ct-texture'));
    const { size, origin, spacingMm } = options.grid;
    this.#sheetSigmaMm = Math.max(0.45, 0.5 * spacingMm[0], 0.25 * spacingMm[2]);
    this.#couch = new Uint8Array(size[0] * size[1]);
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++) {
        const x = origin[0] + i * spacingMm[0] - options.scanner.centerMm[0];
        const y = origin[1] + j * spacingMm[1];
        this.#couch[i + j * size[0]] = couch(x, y, options.couchMm);
      }
    }
  }

  render(z: number, target: Float32Array): void {
    const painter = this.#painter;
    const { fissures } = this.#options;
    const { range, x, y, width, lesionShare, lesionIndex } = painter;
    painter.paint(z, this.#options.grid.spacingMm[0]);
    this.labels.set(painter.labels);
    for (let n = 0; n < target.length; n++) {
      const support = this.#couch[n]!;
      if (painter.labels[n] === 0 && support !== 0) this.labels[n] = support;
      target[n] = this.#hu[this.labels[n]!]!;
    }
    for (let j = range.j0; j < range.j1; j++) {
      for (let n = range.i0 + j * width, end = range.i1 + j * width; n < end; n++) {
        const label = painter.labels[n]!;
        if (label === 0) continue;
        const amplitude = this.#amplitude[label]!;
        if (amplitude > 0) {
          const az = painter.z[n]!;
          const grain =
            0.75 * this.#fine.at(x[n]! / 3.1, y[n]! / 3.1, az / 3.6) +
            0.8 * this.#fine.at(x[n]! / 11 + 17, y[n]! / 11, az / 11);
          target[n]! += amplitude * grain;
          // lungs are denser where they lie lowest
          if (label === LUNG_LABELS[0] || label === LUNG_LABELS[1]) {
            target[n]! += 0.42 * y[n]!;
            if (fissures !== undefined) target[n]! += fissures.huAt(x[n]!, y[n]!, az, this.#sheetSigmaMm);
          }
        }
        const share = lesionShare[n]!;
        if (share > 0) {
          const lesion = this.#options.lesions[lesionIndex[n]! - 1]!;
          const density = lesion.hu + (this.#options.contrast === undefined ? 0 : 20);
          target[n] = target[n]! * (1 - share) + density * share;
          if (share >= 0.5) this.labels[n] = LESION;
        }
      }
    }
  }
}

/** Noise of filtered back-projection: little power at low frequencies, stronger behind more tissue. */
class CtNoise {
  readonly #seed: number;
  readonly #level: number;
  readonly #grid: Grid;
  readonly #narrow: Float64Array;
  readonly #wide: Float64Array;
  readonly #long: Float64Array;
  readonly #gain: number;
  readonly #longGain: number;
  readonly #white: Float32Array;
  readonly #a: Float32Array;
  readonly #b: Float32Array;

  constructor(seed: number, scanner: Scanner, grid: Grid) {
    const pixels = grid.size[0] * grid.size[1];
    this.#seed = seed;
    // the noise of a coarse pixel is the mean over many detector samples
    this.#level = scanner.ctNoiseHu * Math.min(1, Math.sqrt(1.3 / grid.spacingMm[0]));
    this.#grid = grid;
    this.#narrow = gaussianKernel(Math.max(0.45, 0.62 / grid.spacingMm[0]));
    this.#wide = gaussianKernel(Math.max(1, 1.9 / grid.spacingMm[0]));
    this.#long = gaussianKernel(Math.max(2, 14 / grid.spacingMm[0]));
    this.#white = new Float32Array(pixels);
    this.#a = new Float32Array(pixels);
    this.#b = new Float32Array(pixels);
    const cross = kernelOverlap(this.#narrow, this.#wide);
    const power =
      square(kernelPower(this.#narrow)) - 2 * 0.8 * square(cross) + 0.64 * square(kernelPower(this.#wide));
    this.#gain = 1 / Math.sqrt(power);
    this.#longGain = 1 / Math.sqrt(kernelPower(this.#long) * kernelPower(this.#narrow));
  }

  add(plane: Float32Array, slice: number, strength: number): void {
    const [width, height] = this.#grid.size;
    const { sd, streak } = this.#strength(plane);
    const random = Random.of('petct', this.#seed, 'ct-noise', slice);
    random.fillNormal(this.#white);
    blurPlane(this.#white, this.#a, width, height, this.#narrow, this.#narrow, 0);
    blurPlane(this.#white, this.#b, width, height, this.#wide, this.#wide, 0);
    const gain = this.#gain * sd * strength;
    for (let n = 0; n < plane.length; n++) this.#a[n] = gain * (this.#a[n]! - 0.8 * this.#b[n]!);
    if (streak > 0) {
      random.fillNormal(this.#white);
      blurPlane(this.#white, this.#b, width, height, this.#long, this.#narrow, 0);
      const streakGain = this.#longGain * sd * streak * strength;
      for (let n = 0; n < plane.length; n++) this.#a[n]! += streakGain * this.#b[n]!;
    }
    for (let n = 0; n < plane.length; n++) plane[n]! += plane[n]! < -990 ? 0.5 * this.#a[n]! : this.#a[n]!;
  }

  /** Noise of a slice from its attenuation: total, and lateral against depth. */
  #strength(plane: Float32Array): { sd: number; streak: number } {
    const [width, height] = this.#grid.size;
    const [dx, dy] = this.#grid.spacingMm;
    const columns = new Float64Array(width);
    let area = 0;
    let lateral = 0;
    for (let j = 0; j < height; j++) {
      let row = 0;
      for (let i = 0; i < width; i++) {
        const water = 1 + plane[i + j * width]! / 1000;
        row += water;
        columns[i]! += water;
      }
      lateral = Math.max(lateral, row * dx);
      area += row * dx * dy;
    }
    const depth = columns.reduce((most, sum) => Math.max(most, sum * dy), 0);
    const diameter = 2 * Math.sqrt(Math.max(0, area) / Math.PI);
    const sd = this.#level * exp(0.5 * WATER_PER_MM * (diameter - 280) * UNMODULATED);
    return {
      sd: Math.min(60, Math.max(3, sd)),
      streak: Math.min(1.3, Math.max(0, (lateral - depth - 110) / 160)),
    };
  }
}

/** Sum over taps of the product of two kernels given by their halves. */
function kernelOverlap(a: Float64Array, b: Float64Array): number {
  let sum = a[0]! * b[0]!;
  for (let n = 1; n < Math.min(a.length, b.length); n++) sum += 2 * a[n]! * b[n]!;
  return sum;
}

import {
  downsample,
  emptyVolume,
  filterResponse,
  gridOf,
  PhotopeakError,
  Tomograph,
  type Vec3,
  type Volume,
  type VoxelArray,
  voxelType,
} from '@photopeak/imaging';
import { median, normals } from '../../numbers/index.ts';
import { centeredGrid, evenAngles, parallelBeam, rampTap } from '../../reconstruction/index.ts';
import { slabOf } from '../slab.ts';
import { ctNoise, TISSUE_HU } from './ct-noise.ts';
import { type KernelResponse, kernelResponse } from './kernel-response.ts';

export interface SimulateDoseOptions {
  /** Of the dose of the source, above 0 and below 1. */
  readonly dose: number;
  /** Whole number: the same gives the same noise. */
  readonly seed: number;
  /** Noise of the detector's electronics, standard deviation in photons a reading. Default 5. */
  readonly electronicPhotons?: number;
  /** Water that the bowtie filter adds at 100 mm from the middle, growing with the square of the distance, mm. Default 25. */
  readonly bowtieMm?: number;
}

export interface SimulatedDose<T extends VoxelArray> {
  /** Of the type and unit of the source. */
  readonly volume: Volume<T>;
  /** The most frequent noise of soft tissue in the source, HU. */
  readonly noiseHu: number;
  /** Photons a reading through air that the source's noise amounts to, by the middle of its slices. */
  readonly photons: number;
  /** Patches that told the kernel; 0: a Hann window was taken. */
  readonly patches: number;
  readonly sliceCorrelation: number;
}

const WATER_PER_MM = 0.0195;
const ELECTRONIC_PHOTONS = 5;
const BOWTIE_MM = 25;
/** Readings of a turn of the scanner that electronic noise is counted for. */
const READINGS_A_TURN = 1000;
/** Line integrals are smooth: the body is projected on pixels of about this size, mm. */
const COARSE_MM = 3.5;
/** Detectors for a pixel, and views for a column of pixels in half a turn. */
const DETECTORS = 4 / 3;
const VIEWS = 1.2;
const SLICES_AT_A_TIME = 8;
/** Attenuation of tissue, at least, as a part of water's. */
const TISSUE_SHARE = 0.8;

/**
 * A CT as a scan of a lower dose would have shown it, from the images alone: the source plus the noise that the photons
 * which are not there would have kept away. The body is projected; each ray gets the quantum noise of its attenuation
 * behind a bowtie filter and that of the electronics; filtered as the kernel (measured in the source's own noise) filters,
 * back-projected, and scaled so that the same model gives the noise the source has, slice by slice. The noise of
 * neighbouring slices is as correlated as in the source. What the images do not show is not known: a body beyond the
 * field of view, bow-tie and electronics of the very scanner, iterative reconstruction.
 * `ct` in HU, slices along the third axis. Throws `ENHANCEMENT_DOSE`, `ENHANCEMENT_NO_TISSUE`.
 */
export async function simulateDose<T extends VoxelArray>(
  ct: Volume<T>,
  options: SimulateDoseOptions,
): Promise<SimulatedDose<T>> {
  check(options);
  const { map, noiseHu } = ctNoise(ct);
  const kernel = kernelResponse(ct, map, TISSUE_HU);
  const model = new NoiseModel(ct, map, kernel, options);
  const isWhole = !/^float/.test(voxelType(ct.data));
  const result = emptyVolume(ct, voxelType(ct.data), ct.unit) as unknown as Volume<T>;
  const blend = blendOf(kernel.sliceCorrelation);
  const scale = 1 / Math.sqrt(1 + 2 * blend * blend);
  const nz = ct.size[2];
  const plane = ct.size[0] * ct.size[1];
  const photons: number[] = [];
  for (let from = 0; from < nz; from += SLICES_AT_A_TIME) {
    const to = Math.min(nz, from + SLICES_AT_A_TIME);
    const halo = blend > 0 ? 1 : 0;
    // Noise beyond the first and the last slice is drawn for a copy of them.
    const slices = Array.from({ length: to - from + 2 * halo }, (_, n) => from - halo + n);
    const slab = await model.noise(slices);
    photons.push(...slab.photons);
    for (let k = from; k < to; k++) {
      const middle = (k - from + halo) * plane;
      for (let n = 0; n < plane; n++) {
        const at = middle + n;
        const beside = blend === 0 ? 0 : blend * (slab.hu[at - plane]! + slab.hu[at + plane]!);
        const value = ct.data[k * plane + n]! + scale * (slab.hu[at]! + beside);
        result.data[k * plane + n] = isWhole ? Math.round(value) : value;
      }
    }
  }
  const { patches, sliceCorrelation } = kernel;
  return { volume: result, noiseHu, photons: median(photons), patches, sliceCorrelation };
}

function check({ dose, seed, electronicPhotons = 0, bowtieMm = 0 }: SimulateDoseOptions): void {
  if (dose > 0 && dose < 1 && Number.isSafeInteger(seed) && electronicPhotons >= 0 && bowtieMm >= 0) return;
  throw new PhotopeakError('this dose cannot be simulated', {
    code: 'ENHANCEMENT_DOSE',
    expected: 'a part of the dose above 0 and below 1, a whole number as seed, nothing below 0',
    found: `dose ${dose}, seed ${seed}, electronic noise ${electronicPhotons} photons, bowtie ${bowtieMm} mm`,
    remedy: 'state the dose as a part of that of the source, such as 25%',
  });
}

/** Weight of both neighbours in a mean of three whose correlation at one step is this: ρ = 2b/(1 + 2b²). */
function blendOf(correlation: number): number {
  if (correlation < 0.03) return 0;
  const rho = Math.min(correlation, 0.7);
  return (1 - Math.sqrt(1 - 2 * rho * rho)) / (2 * rho);
}

/** Geometry, filter and scale of the noise of one series. */
class NoiseModel {
  readonly #ct: Volume;
  readonly #map: Volume;
  readonly #options: Required<SimulateDoseOptions>;
  readonly #pitch: number;
  readonly #columns: number;
  readonly #views: number;
  readonly #filter: ReturnType<typeof filterResponse>;
  /** Variance of a filtered view over that of its readings, per mm². */
  readonly #gain: number;
  /** What the bowtie filter makes of the variance of each column. */
  readonly #bowtie: Float64Array;

  constructor(ct: Volume, map: Volume, kernel: KernelResponse, options: SimulateDoseOptions) {
    const { electronicPhotons = ELECTRONIC_PHOTONS, bowtieMm = BOWTIE_MM } = options;
    this.#ct = ct;
    this.#map = map;
    this.#options = { ...options, electronicPhotons, bowtieMm };
    const [nx, ny] = ct.size;
    const [dx, dy] = ct.spacingMm;
    this.#pitch = Math.min(dx, dy) / DETECTORS;
    this.#columns = Math.ceil(Math.hypot(nx * dx, ny * dy) / this.#pitch) | 1;
    this.#views = Math.ceil(VIEWS * Math.max(nx, ny));
    const length = 2 ** Math.ceil(Math.log2(2 * this.#columns));
    const nyquist = 0.5 / this.#pitch;
    const passes = (perMm: number) => (perMm < kernel.limitPerMm ? kernel.at(perMm) : 0);
    // Linear interpolation between detectors loses sinc²(fd), which the filter makes up for.
    const lost = (perMm: number) => {
      const x = Math.PI * perMm * this.#pitch;
      return x === 0 ? 1 : (Math.sin(x) / x) ** 2;
    };
    this.#filter = filterResponse(
      length,
      rampTap,
      (share) => passes(share * nyquist) / lost(share * nyquist),
    );
    let gain = 0;
    const steps = 2000;
    for (let n = 0; n < steps; n++) {
      const f = ((n + 0.5) / steps) * nyquist;
      gain += (2 * this.#pitch * nyquist * (f * passes(f)) ** 2) / steps;
    }
    this.#gain = gain;
    this.#bowtie = Float64Array.from({ length: this.#columns }, (_, u) => {
      const mm = (u - (this.#columns - 1) / 2) * this.#pitch;
      return Math.exp(WATER_PER_MM * bowtieMm * (mm / 100) ** 2);
    });
  }

  /** Noise to add to some slices, HU, and the photons a reading that each slice's own noise amounts to. */
  async noise(slices: readonly number[]): Promise<{ hu: Float32Array; photons: number[] }> {
    const rows = slices.length;
    const dz = this.#ct.spacingMm[2];
    const geometry = parallelBeam({
      anglesRad: evenAngles(this.#views, Math.PI),
      detectorSize: [this.#columns, rows],
      pixelMm: [this.#pitch, dz],
    });
    const indices = Array.from({ length: this.#views }, (_, n) => n);
    const body = await this.#body(slices);
    using coarse = new Tomograph(gridOf(body), geometry);
    const volume = coarse.load(body);
    const views = coarse.newViews(this.#views);
    await coarse.project(volume, views, indices);
    const readings = coarse.pixelsOf(views, this.#views);
    // Variance of each reading for one photon through air: exp(p) behind the bowtie.
    for (let at = 0; at < readings.length; at++) {
      const column = Math.floor(at / rows) % this.#columns;
      readings[at] = Math.exp(Math.min(20, readings[at]!)) * this.#bowtie[column]!;
    }
    const inverse = await this.#inversePhotons(coarse, views, indices, slices, body);
    const { dose, seed } = this.#options;
    const electronic = this.#electronicVariance();
    const random = slices.map((slice) => normals(seed, slice + 1));
    for (let at = 0; at < readings.length; at++) {
      const row = at % rows;
      const quantum = readings[at]! * inverse[row]!;
      const added = quantum * (1 / dose - 1) + electronic * quantum * quantum * (1 / (dose * dose) - 1);
      readings[at] = Math.sqrt(added) * random[row]!();
    }
    const drawn = Float32Array.from(readings);
    const [nx, ny] = this.#ct.size;
    const grid = centeredGrid([nx, ny, rows], this.#ct.spacingMm);
    using fine = new Tomograph(grid, geometry);
    const noisy = fine.newViews(this.#views);
    fine.pixelsOf(noisy, this.#views).set(drawn);
    const weights = new Float32Array(this.#columns * this.#views).fill(1 / this.#pitch);
    await fine.filter(noisy, indices, { ...this.#filter, weights, taper: new Float32Array(0) });
    const image = fine.newVolume();
    await fine.backproject(noisy, image, indices, () => Math.PI / this.#views);
    const hu = fine.read(image, this.#ct.unit).data;
    for (let at = 0; at < hu.length; at++) hu[at] = (hu[at]! * 1000) / WATER_PER_MM;
    const photons = [...inverse].map((y) => (1 / y) * this.#readingShare());
    return { hu, photons };
  }

  /** Attenuation of the slices on coarse pixels, per mm. */
  async #body(slices: readonly number[]): Promise<Volume<Float32Array>> {
    const last = this.#ct.size[2] - 1;
    const planes = slices.map((k) => Math.min(last, Math.max(0, k)));
    const [nx, ny] = this.#ct.size;
    const factor = (axis: 0 | 1) =>
      Math.max(1, Math.min(this.#ct.size[axis], Math.round(COARSE_MM / this.#ct.spacingMm[axis])));
    const first = planes[0]!;
    const small = downsample(slabOf(this.#ct, first, planes.at(-1)! + 1), [factor(0), factor(1), 1]);
    const [wide, high] = small.size;
    const data = new Float32Array(wide * high * slices.length);
    planes.forEach((k, row) => {
      for (let n = 0; n < wide * high; n++)
        data[n + wide * high * row] = Math.max(
          0,
          WATER_PER_MM * (1 + small.data[n + wide * high * (k - first)]! / 1000),
        );
    });
    // Pixels that were left over lie at the far edges, so that the middle of the blocks is not that of the slice.
    const [sx, sy] = small.spacingMm;
    const centre: Vec3 = [
      (wide * sx - nx * this.#ct.spacingMm[0]) / 2,
      (high * sy - ny * this.#ct.spacingMm[1]) / 2,
      0,
    ];
    const grid = centeredGrid([wide, high, slices.length], [sx, sy, this.#ct.spacingMm[2]], centre);
    return { ...grid, data, unit: '/mm' };
  }

  /** σ² of the electronics in (photons of this model's readings)². */
  #electronicVariance(): number {
    // A model's reading stands for so many of the scanner's, each with electronic noise of its own.
    return this.#options.electronicPhotons ** 2 / this.#readingShare();
  }

  /** Readings of the scanner for one of this model: a full turn sees every line twice. */
  #readingShare(): number {
    return this.#views / READINGS_A_TURN;
  }

  /**
   * 1/I₀ of each slice: where the noise of the source, cube by cube of its map, is what the model gives. `views` hold the
   * variances for one photon. σ² = (π/V)²·gain·(y·ΣQ + σₑ²·y²·ΣQ²), Q the variances of the rays through a place.
   */
  async #inversePhotons(
    coarse: Tomograph,
    views: number,
    indices: readonly number[],
    slices: readonly number[],
    body: Volume,
  ): Promise<Float64Array> {
    const sum = async (square: boolean) => {
      const copy = coarse.newViews(indices.length);
      const target = coarse.pixelsOf(copy, indices.length);
      target.set(coarse.pixelsOf(views, indices.length));
      if (square) for (let at = 0; at < target.length; at++) target[at] = target[at]! * target[at]!;
      const image = coarse.newVolume();
      await coarse.backproject(copy, image, indices, () => 1);
      const result = coarse.read(image, '1');
      coarse.give(copy, image);
      return result;
    };
    const [quantum, squared] = [await sum(false), await sum(true)];
    const factor = (Math.PI / this.#views) ** 2 * this.#gain * (1000 / WATER_PER_MM) ** 2;
    const electronic = this.#electronicVariance();
    return Float64Array.from(slices, (slice, row) => {
      const found: number[] = [];
      const [mx, my, mz] = this.#map.size;
      const k = Math.min(
        mz - 1,
        Math.max(0, Math.floor(((slice + 0.5) * this.#ct.spacingMm[2]) / this.#map.spacingMm[2])),
      );
      for (let j = 0; j < my; j++)
        for (let i = 0; i < mx; i++) {
          const x = Math.min(quantum.size[0] - 1, Math.floor(((i + 0.5) * quantum.size[0]) / mx));
          const y = Math.min(quantum.size[1] - 1, Math.floor(((j + 0.5) * quantum.size[1]) / my));
          const at = x + quantum.size[0] * (y + quantum.size[1] * row);
          // Cubes without tissue have the noise of others.
          if (body.data[at]! < TISSUE_SHARE * WATER_PER_MM) continue;
          const variance = this.#map.data[i + mx * (j + my * k)]! ** 2;
          const a = electronic * squared.data[at]! * factor;
          const b = quantum.data[at]! * factor;
          // The positive root of a·y² + b·y = σ².
          const y1 = a > 0 ? (-b + Math.sqrt(b * b + 4 * a * variance)) / (2 * a) : variance / b;
          if (y1 > 0) found.push(y1);
        }
      return found.length === 0 ? 0 : median(found);
    });
  }
}

import { PhotopeakError, type Volume } from '@photopeak/imaging';
import { petctPhantom } from '../petct/index.ts';
import { Random } from '../shared/random.ts';
import { acquire } from './acquire.ts';
import { backproject, type CtKernel, type FanBeam, filterViews, project, type Raster } from './fan-beam.ts';
import { rods } from './rods.ts';

export interface LowDoseCtOptions {
  readonly seed: number;
  /** `torso`: slices of the person of `petctPhantom`; `rods`: water with rods of known contrast (`rodPlaces`). */
  readonly object?: 'torso' | 'rods';
  readonly kernel?: CtKernel;
  /** Of the low dose, as a part of the full one. Default 0.25. */
  readonly dose?: number;
  /** Photons of the full dose through air. Default 1 000 000. */
  readonly photons?: number;
  /** `small` is made for tests: coarser views, detector and object. Default full. */
  readonly size?: 'small' | 'full';
  /** Slices, 2 mm thick. Default 8. */
  readonly slices?: number;
  /** Height of the uppermost slice below the vertex, mm (torso). Default drawn: chest to pelvis. */
  readonly belowTopMm?: number;
  /** The reconstructed square. Default 256 pixels of 0.9 mm (small: 128 of 1.8 mm). */
  readonly raster?: Raster;
  /** How much of each neighbouring slice's noise helical interpolation mixes in, 0 to 1. Default 0.3. */
  readonly blend?: number;
}

/** One object scanned three times, HU as Float32 on one grid: without noise, with the full and with the low dose. */
export interface LowDoseCt {
  readonly noiseFree: Volume<Float32Array>;
  readonly fullDose: Volume<Float32Array>;
  readonly lowDose: Volume<Float32Array>;
}

const ELECTRONIC_PHOTONS = 8;
const SLICE_MM = 2;
const WATER_PER_MM = 0.0195;

const scans = {
  full: {
    fan: { sourceMm: 570, views: 600, detectors: 580, detectorMm: 0.9 },
    object: { size: 512, pixelMm: 0.9765625 },
    raster: { size: 256, pixelMm: 0.9 },
  },
  small: {
    fan: { sourceMm: 570, views: 360, detectors: 290, detectorMm: 1.8 },
    object: { size: 256, pixelMm: 1.953125 },
    raster: { size: 128, pixelMm: 1.8 },
  },
} as const satisfies Record<string, { fan: FanBeam; object: Raster; raster: Raster }>;

/**
 * A CT of known truth at two doses, by the physics of a scan: line integrals of a fan beam through the object, photons
 * behind a bowtie filter, electronic noise, filtered back-projection. Noise is therefore correlated as the kernel makes
 * it, stronger in the middle and behind bone, with streaks; helical interpolation correlates neighbouring slices.
 * The same options give the same voxels. Throws `PHANTOM_OPTION_INVALID`.
 */
export function lowDoseCt(options: LowDoseCtOptions): LowDoseCt {
  const { seed, object = 'torso', kernel = 'soft', dose = 0.25, photons = 1_000_000, slices = 8 } = options;
  if (
    !Number.isSafeInteger(seed) ||
    seed < 0 ||
    !(dose > 0 && dose <= 1) ||
    !(photons > 0) ||
    !(slices >= 1)
  ) {
    throw new PhotopeakError('The low-dose CT cannot be made with these options', {
      code: 'PHANTOM_OPTION_INVALID',
      expected: 'a seed from 0, a dose above 0 and at most 1, photons above 0, one slice or more',
      found: `seed ${seed}, dose ${dose}, photons ${photons}, slices ${slices}`,
      remedy: 'see docs/phantoms.md',
    });
  }
  const scan = scans[options.size ?? 'full'];
  const raster = options.raster ?? scan.raster;
  const hu = object === 'rods' ? rods(scan.object, slices) : torso(options, scan.object, slices);
  const integrals = Array.from({ length: slices }, (_, k) => {
    const pixels = scan.object.size ** 2;
    const attenuation = Float32Array.from(hu.subarray(k * pixels, (k + 1) * pixels), (value) =>
      Math.max(0, WATER_PER_MM * (1 + value / 1000)),
    );
    return project(attenuation, scan.object, scan.fan);
  });
  const full = noiseOf(integrals, scan.fan, photons, options, 'full');
  const low = noiseOf(integrals, scan.fan, photons * dose, options, 'low');
  const result = [0, 1, 2].map(() => new Float32Array(raster.size ** 2 * slices));
  integrals.forEach((truth, k) => {
    const filtered = [truth, full[k]!, low[k]!].map((views) => filterViews(views, scan.fan, kernel));
    // Noise is added in the image, which comes to the same as the filter is linear.
    backproject(filtered, raster, scan.fan).forEach((image, n) => {
      const base = k * raster.size ** 2;
      for (let at = 0; at < image.length; at++) result[n]![base + at] = (image[at]! / WATER_PER_MM) * 1000;
    });
  });
  const [truth, fullNoise, lowNoise] = result as [Float32Array, Float32Array, Float32Array];
  for (let at = 0; at < truth.length; at++) {
    truth[at] = truth[at]! - 1000;
    fullNoise[at] = fullNoise[at]! + truth[at]!;
    lowNoise[at] = lowNoise[at]! + truth[at]!;
  }
  const edge = (-(raster.size - 1) * raster.pixelMm) / 2;
  const grid = {
    size: [raster.size, raster.size, slices],
    spacingMm: [raster.pixelMm, raster.pixelMm, SLICE_MM],
    origin: [edge, edge, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    unit: "[hnsf'U]",
  } as const;
  return {
    noiseFree: { ...grid, data: truth },
    fullDose: { ...grid, data: fullNoise },
    lowDose: { ...grid, data: lowNoise },
  };
}

/** Errors of the line integrals of every slice, of unit blend: neighbours share some of theirs. */
function noiseOf(
  integrals: readonly Float32Array[],
  fan: FanBeam,
  photons: number,
  { seed, blend = 0.3 }: LowDoseCtOptions,
  name: string,
): Float32Array[] {
  const count = integrals.length;
  const inside = (k: number) => integrals[Math.min(count - 1, Math.max(0, k))]!;
  const own = Array.from({ length: count + 2 }, (_, k) => {
    const truth = inside(k - 1);
    const random = Random.of('low-dose-ct', seed, name, k);
    const measured = acquire(truth, fan, { photons, electronic: ELECTRONIC_PHOTONS }, random);
    return measured.map((value, at) => value - truth[at]!);
  });
  const scale = 1 / Math.sqrt(1 + 2 * blend * blend);
  return integrals.map((_, k) =>
    own[k + 1]!.map((value, at) => scale * (value + blend * (own[k]![at]! + own[k + 2]![at]!))),
  );
}

/** Slices of a person, without noise, centred on the axis. */
function torso(options: LowDoseCtOptions, object: Raster, slices: number): Int16Array {
  const { seed } = options;
  const belowTopMm = options.belowTopMm ?? Random.of('low-dose-ct', seed, 'height').integer(380, 760);
  const { size, pixelMm } = object;
  const plan = { size: [size, size, slices], spacingMm: [pixelMm, pixelMm, SLICE_MM], belowTopMm } as const;
  const pet = { size: [8, 8, 8], spacingMm: [30, 30, 30] } as const;
  return petctPhantom({ seed, noise: 0, contrast: seed % 2 === 0, grids: { ct: plan, pet } }).ct.data;
}

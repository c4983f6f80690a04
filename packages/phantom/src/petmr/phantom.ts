import { PhotopeakError, type Vec3, type Volume } from '@photopeak/imaging';
import type { LesionRequest } from '../petct/lesions.ts';
import { type PetctPhantom, petctPhantom } from '../petct/phantom.ts';
import type { GridPlan } from '../petct/scanners.ts';
import { labelOf } from '../petct/tissues.ts';
import { blurPlane, gaussianKernel } from '../shared/blur.ts';
import { exp } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';
import { type MrTissue, mrTissues } from './mr-tissues.ts';

export interface PetmrPhantomOptions {
  readonly seed: number;
  /** Default two. */
  readonly lesions?: readonly LesionRequest[] | number;
  /** How far the patient has moved between MR and PET, in the one frame of reference of both: LPS mm. Default none. */
  readonly movedMm?: Vec3;
  /** How much lower the diaphragm lies in the MR, mm. Default 0. */
  readonly respiratoryMismatchMm?: number;
  /** Factor on the noise of both, 0 for none. Default 1. */
  readonly noise?: number;
  /** Both reach from the vertex down. Default: those of the small petct phantom. */
  readonly grids?: { readonly mr?: GridPlan; readonly pet?: GridPlan };
}

/** Magnetic resonance images of the phantom; all in arbitrary units but the ADC map. */
export type MrName = 'inPhase' | 'opposedPhase' | 'water' | 'fat' | 't2' | 'adc' | 'attenuation';

export interface PetmrLesionTruth {
  readonly id: number;
  readonly kind: string;
  readonly site: string;
  readonly centerPetMm: Vec3;
  readonly centerMrMm: Vec3;
  readonly radiusMm: number;
  readonly suvTrue: number;
  /** 10⁻⁶ mm²/s. */
  readonly adc: number;
  readonly t2Ms: number;
}

export interface PetmrTruth {
  readonly seed: number;
  readonly movedMm: Vec3;
  readonly respiratoryMismatchMm: number;
  readonly lesions: readonly PetmrLesionTruth[];
}

export interface PetmrPhantom {
  readonly mr: Readonly<Record<MrName, Volume<Float32Array>>>;
  /** Bq/ml. */
  readonly pet: Volume<Float32Array>;
  readonly truth: PetmrTruth;
  readonly petct: PetctPhantom;
}

/** Signal of a tissue with water 1 at the middle of the scale. */
const FULL_SCALE = 1000;
const T2_ECHO_MS = 90;
/** Of the signal, in a tissue of water 1. */
const NOISE = 0.02;
/** Coils see the middle of the body less: to the sides the signal rises by this part. */
const SHADING = 0.25;
const BLUR_MM = 2;

/**
 * A whole-body PET/MR of a person who never lived: anatomy and PET of petctPhantom, and MR of the same anatomy with
 * Dixon images, T2, ADC and the attenuation map that a scanner derives from Dixon. The same options give the same voxels.
 */
export function petmrPhantom(options: PetmrPhantomOptions): PetmrPhantom {
  const { seed, noise = 1, movedMm = [0, 0, 0] } = options;
  if (!movedMm.every((mm) => Math.abs(mm) <= 80)) {
    throw new PhotopeakError('no PET/MR phantom can be made from an option', {
      code: 'PHANTOM_OPTION_INVALID',
      where: 'movedMm',
      expected: 'numbers from -80 to 80',
      found: movedMm.join(', '),
    });
  }
  const random = Random.of('petmr', seed);
  const isMoved = movedMm.some((mm) => mm !== 0);
  const petct = petctPhantom({
    seed,
    lesions: options.lesions ?? 2,
    noise,
    ...(options.respiratoryMismatchMm === undefined
      ? {}
      : { respiratoryMismatchMm: options.respiratoryMismatchMm }),
    ...(options.grids === undefined
      ? {}
      : {
          grids: {
            ...(options.grids.mr === undefined ? {} : { ct: options.grids.mr }),
            ...(options.grids.pet === undefined ? {} : { pet: options.grids.pet }),
          },
        }),
    // A point of the PET comes to its place in the MR by the opposite movement.
    ...(isMoved
      ? {
          rigidMismatch: {
            shiftMm: [-movedMm[0], -movedMm[1], -movedMm[2]] as const,
            rotationDegrees: [0, 0, 0] as const,
          },
        }
      : {}),
  });
  const lesions = petct.truth.lesions.map(
    ({ id, kind, site, centerPetMm, centerCtMm, radiusMm, suvTrue }): PetmrLesionTruth => {
      const draw = random.fork('lesion', id);
      return {
        id,
        kind,
        site,
        centerPetMm,
        centerMrMm: centerCtMm,
        radiusMm,
        suvTrue,
        adc: Math.round(draw.between(700, 1100)),
        t2Ms: Math.round(draw.between(75, 105)),
      };
    },
  );
  const tissue = tissueAt(petct, lesions);
  const paint = (value: (tissue: MrTissue) => number) => image(petct.truth.labels, tissue, value);
  const inPhase = paint(({ water, fat }) => water + fat);
  const opposedPhase = paint(({ water, fat }) => Math.abs(water - fat));
  const water = paint((t) => t.water);
  const fat = paint((t) => t.fat);
  const t2 = paint((t) => (t.water + 0.6 * t.fat) * exp(-T2_ECHO_MS / t.t2Ms) * 2);
  const adc = paint((t) => t.adc / FULL_SCALE);
  const attenuation = paint((t) => attenuationOf(t));
  for (const [name, volume] of Object.entries({ inPhase, opposedPhase, water, fat, t2 }))
    finish(volume, random.fork(name), noise);
  return {
    mr: { inPhase, opposedPhase, water, fat, t2, adc, attenuation },
    pet: petct.pet,
    petct,
    truth: {
      seed,
      movedMm: [movedMm[0], movedMm[1], movedMm[2]],
      respiratoryMismatchMm: options.respiratoryMismatchMm ?? 0,
      lesions,
    },
  };
}

/** Tissue of each voxel; lesions are of their own kind. */
function tissueAt({ truth: { labels } }: PetctPhantom, lesions: readonly PetmrLesionTruth[]) {
  const isLesion = labelOf('lesion');
  const [nx, ny] = labels.size;
  return (n: number): MrTissue => {
    const label = labels.data[n]!;
    if (label !== isLesion || lesions.length === 0) return mrTissues[label]!;
    const at = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))].map(
      (index, axis) => labels.origin[axis]! + index * labels.spacingMm[axis]!,
    );
    const away = ({ centerMrMm, radiusMm }: PetmrLesionTruth) => {
      const d = at.map((mm, axis) => mm - centerMrMm[axis]!);
      return Math.sqrt(d[0]! * d[0]! + d[1]! * d[1]! + d[2]! * d[2]!) - radiusMm;
    };
    const nearest = lesions.reduce((best, lesion) => (away(lesion) < away(best) ? lesion : best));
    return { water: 0.55, fat: 0.01, t2Ms: nearest.t2Ms, adc: nearest.adc };
  };
}

function image(
  labels: Volume,
  tissue: (n: number) => MrTissue,
  value: (tissue: MrTissue) => number,
): Volume<Float32Array> {
  const data = new Float32Array(labels.data.length);
  for (let n = 0; n < data.length; n++) data[n] = FULL_SCALE * value(tissue(n));
  const { size, spacingMm, origin, direction } = labels;
  const [width, height, count] = size;
  const kernel = gaussianKernel(BLUR_MM / spacingMm[0]);
  const plane = new Float32Array(width * height);
  for (let k = 0; k < count; k++) {
    const slice = data.subarray(k * width * height, (k + 1) * width * height);
    blurPlane(slice, plane, width, height, kernel, kernel, 0);
    slice.set(plane);
  }
  return { size, spacingMm, origin, direction, data, unit: '1' };
}

/** Linear attenuation in 10⁻⁴ cm⁻¹ over the scale, as the four classes of Dixon give it. */
function attenuationOf({ water, fat }: MrTissue): number {
  if (water + fat < 0.02) return 0;
  if (water + fat < 0.15) return 224 / FULL_SCALE;
  return (fat > water ? 854 : 1000) / FULL_SCALE;
}

/** Shading of the coils and the noise of a magnitude image. */
function finish({ data, size }: Volume<Float32Array>, random: Random, strength: number): void {
  const [width, height, count] = size;
  const real = new Float32Array(width * height);
  const imaginary = new Float32Array(width * height);
  const sigma = FULL_SCALE * NOISE * strength;
  for (let k = 0; k < count; k++) {
    random.fork(k, 'real').fillNormal(real);
    random.fork(k, 'imaginary').fillNormal(imaginary);
    for (let j = 0, p = 0; j < height; j++)
      for (let i = 0; i < width; i++, p++) {
        const x = (2 * i) / (width - 1) - 1;
        const n = k * width * height + p;
        const signal = data[n]! * (1 + SHADING * x * x) + sigma * real[p]!;
        const noise = sigma * imaginary[p]!;
        data[n] = Math.sqrt(signal * signal + noise * noise);
      }
  }
}

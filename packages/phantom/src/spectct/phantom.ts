import type { Volume } from '@photopeak/imaging';
import type { LesionRequest } from '../petct/lesions.ts';
import { drawRequests } from '../petct/lesions.ts';
import type { TissueUptake } from '../petct/options.ts';
import { type PetctPhantom, petctPhantom } from '../petct/phantom.ts';
import type { GridPlan } from '../petct/scanners.ts';
import { FWHM_PER_SIGMA } from '../petct/simulate-pet.ts';
import { structureNames } from '../petct/structures.ts';
import { tissues } from '../petct/tissues.ts';
import type { LesionTruth } from '../petct/truth.ts';
import { blurPlane, gaussianKernel, kernelPower } from '../shared/blur.ts';
import { exp } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';
import { checkSpectOptions, type SpectctPhantomOptions } from './options.ts';
import { type SpectTracer, type TracerModel, tracerModels } from './tracers.ts';

/** Voxel edge of both grids; the camera's pixels are about that size. */
const CT_GRID: GridPlan = { size: [128, 128, 160], spacingMm: [3.90625, 3.90625, 6] };
const SPECT_GRID: GridPlan = { size: [96, 96, 150], spacingMm: [6.4, 6.4, 6.4] };
const NO_CT: GridPlan = { size: [8, 8, 8], spacingMm: [30, 30, 30] };
const FWHM_MM = 11;
/** Standard deviation at SUV 1 in units of SUV, and the width over which it is correlated. */
const NOISE = 0.11;
const NOISE_FWHM_MM = 9;
const NOISE_FLOOR = 0.05;
/** Counts per second of the whole camera for each megabecquerel in the field of view. */
const SENSITIVITY_CPS_PER_MBQ = 92.4;

/** The truth of one image. */
export interface SpectImageTruth {
  /** From administration to the start of the acquisition. */
  readonly hours: number;
  /** True mean SUVbw of the tissues of an organ, decay-corrected to the acquisition. */
  readonly lesions: readonly LesionTruth[];
}

/** An organ or lesion whose activity over time is known. */
export interface RegionTruth {
  readonly name: string;
  readonly volumeMl: number;
  /** Bq/ml at the start of each image: mean over the region of the activity before the camera blurs it. */
  readonly bqPerMl: readonly number[];
  /** Effective half-life in hours, where all tissues of the region share one. */
  readonly effectiveHours: number | null;
}

export interface SpectctTruth {
  readonly seed: number;
  readonly tracer: SpectTracer;
  readonly radiopharmaceutical: string;
  readonly injectedBq: number;
  readonly halfLifeSeconds: number;
  readonly acquisitionSeconds: number;
  readonly weightKg: number;
  readonly sensitivityCpsPerMBq: number;
  readonly fwhmMm: number;
  readonly noise: number;
  readonly movedMm: readonly [number, number, number];
  readonly respiratoryMismatchMm: number;
  readonly images: readonly SpectImageTruth[];
  readonly organs: readonly RegionTruth[];
  readonly lesions: readonly RegionTruth[];
}

export interface SpectctPhantom {
  /** HU. */
  readonly ct: Volume<Int16Array>;
  /** Bq/ml at the start of the acquisition, one for each time point. */
  readonly spect: readonly Volume<Float32Array>[];
  readonly truth: SpectctTruth;
  /** The anatomy and its truth, as the first image has it. */
  readonly petct: PetctPhantom;
}

/** Organs whose activity is told. */
const ORGANS = ['liver', 'spleen', 'kidneyRight', 'kidneyLeft', 'bladder', 'brain', 'heart', 'bone'] as const;

/**
 * A SPECT/CT of a person who never lived, at one or several times after administration: the anatomy of petctPhantom
 * with the uptake of another tracer, a camera's resolution and noise, in Bq/ml. The same options give the same voxels.
 */
export function spectctPhantom(options: SpectctPhantomOptions): SpectctPhantom {
  checkSpectOptions(options);
  const { seed, tracer = 'bone', noise = 1, fwhmMm = FWHM_MM, movedMm = [0, 0, 0] } = options;
  const model = tracerModels[tracer];
  const random = Random.of('spectct', seed, tracer);
  const hours = options.hours ?? [model.hours];
  const requests = drawLesions(options, model);
  const isMoved = movedMm.some((mm) => mm !== 0);
  const made = hours.map((hour, index) =>
    petctPhantom({
      seed,
      noise: 0,
      petFwhmMm: fwhmMm,
      heartUptake: false,
      uptake: uptakeAt(model, hour),
      lesions: requests.map((request) => ({
        ...request,
        suv: request.suv! * remaining(hour - model.hours, model.biologicalHours.lesion!),
      })),
      // One CT is enough: the anatomy stays.
      grids: {
        ct: index > 0 ? NO_CT : (options.grids?.ct ?? CT_GRID),
        pet: options.grids?.spect ?? SPECT_GRID,
      },
      ...(options.respiratoryMismatchMm === undefined
        ? {}
        : { respiratoryMismatchMm: options.respiratoryMismatchMm }),
      // A point of the SPECT comes to its place in the CT by the opposite movement.
      ...(isMoved
        ? {
            rigidMismatch: {
              shiftMm: [-movedMm[0], -movedMm[1], -movedMm[2]] as const,
              rotationDegrees: [0, 0, 0] as const,
            },
          }
        : {}),
    }),
  );
  const petct = made[0]!;
  const { weightKg } = petct.truth.dose;
  const injectedBq = Math.round(random.between(...model.injectedBq) / 1e6) * 1e6;
  /** Bq/ml of SUV 1 at an hour. */
  const scaleAt = (hour: number) =>
    (injectedBq * remaining(hour, model.nuclide.halfLifeSeconds / 3600)) / (weightKg * 1000);
  const spect = made.map(({ pet, truth }, index) => {
    const suv = Float32Array.from(pet.data, (value) => value * truth.dose.suvFactor);
    addNoise(suv, pet, random.fork('noise', index), noise);
    const scale = scaleAt(hours[index]!);
    for (let n = 0; n < suv.length; n++) suv[n]! *= scale;
    return { ...pet, data: suv };
  });
  return {
    ct: petct.ct,
    spect,
    petct,
    truth: {
      seed,
      tracer,
      radiopharmaceutical: model.radiopharmaceutical,
      injectedBq,
      halfLifeSeconds: model.nuclide.halfLifeSeconds,
      acquisitionSeconds: model.seconds,
      weightKg,
      sensitivityCpsPerMBq: SENSITIVITY_CPS_PER_MBQ,
      fwhmMm,
      noise,
      movedMm: [movedMm[0], movedMm[1], movedMm[2]],
      respiratoryMismatchMm: options.respiratoryMismatchMm ?? 0,
      images: hours.map((hour, index) => ({ hours: hour, lesions: made[index]!.truth.lesions })),
      organs: organTruth(made, hours, model, scaleAt),
      lesions: petct.truth.lesions.map(({ site, volumeMl }, lesion) => ({
        name: site,
        volumeMl,
        bqPerMl: made.map(({ truth }, index) => truth.lesions[lesion]!.suvTrue * scaleAt(hours[index]!)),
        effectiveHours: effective(model, model.biologicalHours.lesion!),
      })),
    },
  };
}

/** Share that is left after some hours. */
const remaining = (hours: number, halfLifeHours: number): number => exp((-Math.LN2 * hours) / halfLifeHours);

const effective = ({ nuclide }: TracerModel, biologicalHours: number): number => {
  const physical = nuclide.halfLifeSeconds / 3600;
  return (physical * biologicalHours) / (physical + biologicalHours);
};

const biological = ({ biologicalHours }: TracerModel, tissue: string): number =>
  biologicalHours[tissue] ?? biologicalHours.other!;

/** Mean uptake of all tissues at an hour; what the tracer does not name is that of FDG, a quarter of it. */
function uptakeAt(model: TracerModel, hour: number): TissueUptake {
  return Object.fromEntries(
    tissues.map(({ name, suv }) => {
      const first = model.uptake[name as keyof TissueUptake] ?? suv * 0.5;
      return [name, first * remaining(hour - model.hours, biological(model, name))];
    }),
  );
}

function drawLesions({ seed, tracer = 'bone', lesions = 2 }: SpectctPhantomOptions, model: TracerModel) {
  const random = Random.of('spectct', seed, tracer, 'lesions');
  const requests: readonly LesionRequest[] =
    typeof lesions === 'object'
      ? lesions
      : tracer === 'bone'
        ? Array.from({ length: lesions }, () => ({ kind: 'bone' as const }))
        : drawRequests(seed, lesions).map((request, index) => ({
            ...request,
            kind: index % 2 === 0 ? ('liver' as const) : ('bone' as const),
          }));
  return requests.map((request) => {
    const suv = Math.round(random.between(...model.lesionSuv) * 10) / 10;
    const radiusMm = Math.round(random.between(9, 15) * 10) / 10;
    return { radiusMm, suv, ...request };
  });
}

/** Count noise in SUV: variance proportional to uptake plus a floor, correlated as a post-filter leaves it. */
function addNoise(
  suv: Float32Array,
  { size, spacingMm }: Pick<Volume, 'size' | 'spacingMm'>,
  random: Random,
  strength: number,
): void {
  if (strength === 0) return;
  const [width, height, count] = size;
  const pixels = width * height;
  const sigma = NOISE_FWHM_MM / FWHM_PER_SIGMA;
  const inPlane = gaussianKernel(sigma / spacingMm[0]);
  const axial = gaussianKernel(sigma / spacingMm[2]);
  const radius = axial.length - 1;
  const level = (strength * NOISE) / (kernelPower(inPlane) * Math.sqrt(kernelPower(axial)));
  const planes = new Map<number, Float32Array>();
  const planeAt = (k: number): Float32Array => {
    let plane = planes.get(k);
    if (plane === undefined) {
      const white = new Float32Array(pixels);
      random.fork(k).fillNormal(white);
      plane = new Float32Array(pixels);
      blurPlane(white, plane, width, height, inPlane, inPlane, 0);
      planes.set(k, plane);
    }
    return plane;
  };
  for (let k = 0; k < count; k++) {
    planes.delete(k - radius - 1);
    const near = Array.from({ length: 2 * radius + 1 }, (_, n) => planeAt(k + n - radius));
    for (let p = 0; p < pixels; p++) {
      let sum = 0;
      for (let n = 0; n < near.length; n++) sum += axial[Math.abs(n - radius)]! * near[n]![p]!;
      const value = suv[k * pixels + p]!;
      suv[k * pixels + p] = Math.max(0, value + level * Math.sqrt(value + NOISE_FLOOR) * sum);
    }
  }
}

/** Organs from the tissues on the CT's grid: lesions count as the tissue around them is drawn, without their uptake. */
function organTruth(
  made: readonly PetctPhantom[],
  hours: readonly number[],
  model: TracerModel,
  scaleAt: (hour: number) => number,
): RegionTruth[] {
  const { labels } = made[0]!.truth;
  const structures = made[0]!.structures();
  const voxelMl = (labels.spacingMm[0] * labels.spacingMm[1] * labels.spacingMm[2]) / 1000;
  return ORGANS.map((name): RegionTruth => {
    const value = structureNames.indexOf(name);
    const isPart = (structure: number) =>
      structure === value || (name === 'bone' && structureNames[structure]!.startsWith('vertebra'));
    const counts = new Float64Array(tissues.length);
    for (let n = 0; n < structures.data.length; n++)
      if (isPart(structures.data[n]!)) counts[labels.data[n]!]!++;
    const total = counts.reduce((a, b) => a + b, 0);
    const mean = (index: number) => {
      const { uptake } = made[index]!.truth;
      const sum = tissues.reduce((all, tissue, label) => all + counts[label]! * uptake[tissue.name]!, 0);
      return (sum / Math.max(1, total)) * scaleAt(hours[index]!);
    };
    const lives = new Set(
      tissues.flatMap((tissue, label) => (counts[label]! > 0 ? [biological(model, tissue.name)] : [])),
    );
    return {
      name,
      volumeMl: total * voxelMl,
      bqPerMl: hours.map((_, index) => mean(index)),
      effectiveHours: lives.size === 1 ? effective(model, [...lives][0]!) : null,
    };
  });
}

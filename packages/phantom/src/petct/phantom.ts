import type { Grid, Mat4, Vec3, Volume } from '@photopeak/imaging';
import { PI, square } from '../shared/exact-math.ts';
import type { LatticeField } from '../shared/lattice-field.ts';
import { Random } from '../shared/random.ts';
import { type Anatomy, buildAnatomy, drawBuild } from './anatomy/index.ts';
import { drawDose } from './dose.ts';
import { findLandmarks } from './landmarks.ts';
import { atVisit, drawRequests, type PlacedLesion, placeLesions } from './lesions.ts';
import { breathing, drawWarp, Mapping, type Placement, rigidMatrix, withNeck } from './mapping.ts';
import { checkOptions, type PetctPhantomOptions, type TissueUptake } from './options.ts';
import { type GridPlan, type Scanner, scanners } from './scanners.ts';
import { simulateCt } from './simulate-ct.ts';
import { simulatePet } from './simulate-pet.ts';
import { drawLobes, drawStructures } from './structures.ts';
import { type TissueName, tissues } from './tissues.ts';
import { type PhantomTracer, showsGlands, tracers } from './tracers.ts';
import type { LesionTruth, PetctTruth } from './truth.ts';

const IDENTITY: Mat4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
/** Anatomical height of the top of the scan: just above the vertex. */
const TOP_MM = 500;
/** Anatomical depth of the back, which lies on the couch. */
const BACK_MM = 119;
const WARP_MM = 7;
/** At a later visit the person lies otherwise: bent by this much, and the diaphragm stands this much lower or higher. */
const POSTURE_MM = 2.5;
const BREATH_MM = 4;
/** Uptake of a tissue at a later visit lies within this part of that at the first. */
const UPTAKE_CHANGE = 0.08;

export interface PetctPhantom {
  /** `[hnsf'U]`, Int16. */
  readonly ct: Volume<Int16Array>;
  /** `Bq/ml`, decay-corrected to the series' reference time; `truth.dose.suvFactor` turns it into SUVbw. */
  readonly pet: Volume<Float32Array>;
  readonly truth: PetctTruth;
  /** Organs and named vertebrae on the CT grid, made when asked for; names by `structureNames`. */
  readonly structures: () => Volume<Uint8Array>;
  /** Lobes of the lungs on the CT grid, names by `lobeNames`; undefined without the option `fissures`. */
  readonly lobes: () => Volume<Uint8Array> | undefined;
}

/**
 * A whole-body PET/CT of a person who never lived, from a seed: the same options give the same voxels on every
 * machine. CT and PET lie on grids of their own, in LPS mm, from the vertex to the thighs.
 */
export function petctPhantom(options: PetctPhantomOptions): PetctPhantom {
  checkOptions(options);
  const { seed, size = 'small', style = 'ge', noise = 1, visit = 0, tracer = 'fdg' } = options;
  const contrast = options.contrast === true ? 'portal' : options.contrast || undefined;
  const scanner: Scanner =
    options.petFwhmMm === undefined ? scanners[style] : { ...scanners[style], petFwhmMm: options.petFwhmMm };
  const build = drawBuild(seed, tracer.startsWith('psma') ? { sex: 'M', ...options } : options);
  const random = Random.of('petct', seed, 'study');
  const isLit = options.heartUptake ?? random.uniform() < 0.6;
  const heartUptake = tracer === 'fdg' && isLit;
  const { fissures } = options;
  const anatomy = buildAnatomy(build, { heartLit: heartUptake, glands: showsGlands(tracer), fissures });
  const placement: Placement = {
    scale: build.scale,
    neckStretch: build.neckStretch,
    originMm: [
      scanner.centerMm[0] + random.between(-7, 7),
      scanner.centerMm[1] + random.between(-2, 14),
      scanner.diaphragmZMm,
    ],
  };
  const warp = drawWarp(random.fork('warp'), placement, options.warpMm ?? WARP_MM);
  const breathingMm = options.respiratoryMismatchMm ?? 0;
  const rigid =
    options.rigidMismatch === undefined
      ? undefined
      : rigidMatrix(options.rigidMismatch.shiftMm, options.rigidMismatch.rotationDegrees, placement.originMm);
  const pose = poseAt(seed, visit, placement, warp);
  // A patient who moved between CT and PET breathes as at the first visit: PET follows one of the two motions.
  const breathMm = rigid === undefined ? pose.breathMm : 0;
  const breath = breathing(pose.placement, breathingMm + breathMm);
  const petBreath = breathMm === 0 ? {} : { breath: breathing(pose.placement, breathMm) };
  const ctMapping = new Mapping(pose.placement, pose.warp, breathingMm + breathMm === 0 ? {} : { breath });
  const petMapping = new Mapping(pose.placement, pose.warp, {
    ...petBreath,
    ...(rigid === undefined ? {} : { rigid }),
  });
  const requests =
    typeof options.lesions === 'object' ? options.lesions : drawRequests(seed, options.lesions, tracer);
  const first = new Mapping(placement, warp, {});
  const places = placeLesions(seed, requests, anatomy.canvas, first);
  const lesions = atVisit(places, requests, visit).map((lesion) => moved(lesion, first, petMapping));

  const top =
    pose.placement.originMm[2] + withNeck(TOP_MM, placement.neckStretch) * placement.scale[2] - pose.tableMm;
  const ctGrid = gridOf(options.grids?.ct ?? scanner.grids[size].ct, scanner, top);
  const petGrid = gridOf(options.grids?.pet ?? scanner.grids[size].pet, scanner, top);
  const noiseSeed = visit === 0 ? seed : Random.of('petct', seed, 'noise', visit).uint32();
  const ct = simulateCt({
    seed,
    noiseSeed,
    grid: ctGrid,
    mapping: ctMapping,
    parts: anatomy.canvas.parts,
    lesions,
    scanner,
    contrast,
    noise,
    fissures: anatomy.fissures,
    couchMm: pose.placement.originMm[1] + (BACK_MM + build.fatMm * 0.25) * placement.scale[1] + 5,
  });

  const uptake = drawUptake(seed, visit, tracer, options.uptake);
  const lesionLabels = labelLesions(petGrid, lesions, petMapping);
  const measured = new LesionMeter(lesionLabels, requests.length);
  const suv = simulatePet({
    seed,
    noiseSeed,
    grid: petGrid,
    mapping: petMapping,
    parts: anatomy.canvas.parts,
    lesions,
    scanner,
    uptake,
    noise,
    onNoiseFree: (plane, slice) => measured.add(plane, slice),
  });
  const dose = drawDose(seed, build, anatomy, visit, tracer);
  for (let n = 0; n < suv.length; n++) suv[n] = suv[n]! / dose.suvFactor;

  const truth: PetctTruth = {
    seed,
    ...(visit === 0 ? {} : { visit }),
    ...(tracer === 'fdg' ? {} : { tracer }),
    style,
    scanner: scanner.name,
    petFwhmMm: scanner.petFwhmMm,
    dose,
    heartUptake,
    contrast: contrast !== undefined,
    noise,
    uptake: Object.fromEntries(tissues.map(({ name, label }) => [name, uptake[label]!])),
    lesions: lesions.map((lesion) => describe(lesion, anatomy, uptake, ctMapping, petMapping, measured)),
    respiratoryMismatchMm: breathingMm,
    petToCtRigid: rigid ?? IDENTITY,
    landmarks: findLandmarks(ctMapping, petMapping),
    breathingField: {
      size: breath.size,
      spacingMm: [breath.spacingMm, breath.spacingMm, breath.spacingMm],
      origin: breath.origin,
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      data: breath.data,
    },
    labels: { ...ctGrid, data: ct.labels, unit: '1' },
    lesionLabels,
  };
  return {
    ct: { ...ctGrid, data: ct.hu, unit: "[hnsf'U]" },
    pet: { ...petGrid, data: suv, unit: 'Bq/ml' },
    truth,
    structures: () => drawStructures(truth.labels, anatomy, ctMapping),
    lobes: () => drawLobes(truth.labels, anatomy, ctMapping),
  };
}

/** Grid whose uppermost slice lies at `top`, centred on the scanner's axis. */
function gridOf(plan: GridPlan, scanner: Scanner, top: number): Grid {
  const [nx, ny, nz] = plan.size;
  const [dx, dy, dz] = plan.spacingMm;
  const rounded = (value: number) => Math.round(value * 1000) / 1000;
  return {
    size: plan.size,
    spacingMm: plan.spacingMm,
    origin: [
      rounded(scanner.centerMm[0] - ((nx - 1) * dx) / 2),
      rounded(scanner.centerMm[1] - ((ny - 1) * dy) / 2),
      rounded(top - (plan.belowTopMm ?? 0) - dz / 2 - (nz - 1) * dz),
    ],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

interface Pose {
  readonly placement: Placement;
  readonly warp: LatticeField;
  /** How much lower the diaphragm stands than at the first visit. */
  readonly breathMm: number;
  /** How much further down the scan begins. */
  readonly tableMm: number;
}

/** How the person lies at a visit: as drawn at the first, moved and bent at later ones. */
function poseAt(seed: number, visit: number, placement: Placement, warp: LatticeField): Pose {
  if (visit === 0) return { placement, warp, breathMm: 0, tableMm: 0 };
  const random = Random.of('petct', seed, 'pose', visit);
  const [x, y, z] = placement.originMm;
  const lying: Placement = {
    ...placement,
    originMm: [x + random.between(-12, 12), y + random.between(-4, 4), z + random.between(-25, 25)],
  };
  const posture = { random: random.fork('posture'), amplitudeMm: POSTURE_MM };
  return {
    placement: lying,
    warp: drawWarp(Random.of('petct', seed, 'study').fork('warp'), lying, WARP_MM, posture),
    breathMm: Math.max(-2, Math.min(2, random.normal())) * BREATH_MM,
    tableMm: random.between(-10, 10),
  };
}

/** The lesion where its tissue lies at another visit. */
function moved(lesion: PlacedLesion, from: Mapping, to: Mapping): PlacedLesion {
  if (from.placement === to.placement) return lesion;
  const point = new Float64Array(3);
  from.toAnatomy(...lesion.centerMm, point);
  return { ...lesion, centerMm: to.fromAnatomy([point[0]!, point[1]!, point[2]!]) };
}

/** Mean uptake of each tissue in this patient, at a later visit a little other. */
function drawUptake(
  seed: number,
  visit: number,
  tracer: PhantomTracer,
  means: TissueUptake = {},
): Float32Array {
  const row = tracer === 'fdg' ? undefined : tracers[tracer];
  return Float32Array.from(tissues, (tissue) => {
    const name = tissue.name as TissueName;
    const usual = row === undefined ? tissue.suv : (row.uptake[name] ?? row.otherwise * tissue.suv);
    const mean = means[name] ?? usual;
    const random = Random.of('petct', seed, 'uptake', tissue.name);
    const normal = random.normal();
    const today = visit === 0 ? 1 : random.fork('visit', visit).around(1, UPTAKE_CHANGE);
    return mean * Math.max(0.3, 1 + tissue.suvSpread * Math.max(-2.2, Math.min(2.2, normal))) * today;
  });
}

/** Lesion ids on a grid: the voxels whose centre lies in the ball. */
function labelLesions(grid: Grid, lesions: readonly PlacedLesion[], mapping: Mapping): Volume<Uint8Array> {
  const data = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]);
  for (const { id, centerMm, radiusMm } of lesions) {
    const center = mapping.fromReference(centerMm);
    const range = ([0, 1, 2] as const).map((axis) => {
      const at = (center[axis] - grid.origin[axis]) / grid.spacingMm[axis];
      const reach = radiusMm / grid.spacingMm[axis];
      return [
        Math.max(0, Math.ceil(at - reach)),
        Math.min(grid.size[axis] - 1, Math.floor(at + reach)),
      ] as const;
    });
    for (let k = range[2]![0]; k <= range[2]![1]; k++) {
      for (let j = range[1]![0]; j <= range[1]![1]; j++) {
        for (let i = range[0]![0]; i <= range[0]![1]; i++) {
          const dx = grid.origin[0] + i * grid.spacingMm[0] - center[0];
          const dy = grid.origin[1] + j * grid.spacingMm[1] - center[1];
          const dz = grid.origin[2] + k * grid.spacingMm[2] - center[2];
          if (dx * dx + dy * dy + dz * dz <= radiusMm * radiusMm) {
            data[i + grid.size[0] * (j + grid.size[1] * k)] = id;
          }
        }
      }
    }
  }
  return { ...grid, data, unit: '1' };
}

/** Collects the hottest voxel and the mean of each lesion from the planes before noise. */
class LesionMeter {
  readonly #labels: Volume<Uint8Array>;
  readonly #max: Float64Array;
  readonly #sum: Float64Array;
  readonly #count: Float64Array;

  constructor(labels: Volume<Uint8Array>, count: number) {
    this.#labels = labels;
    this.#max = new Float64Array(count + 1);
    this.#sum = new Float64Array(count + 1);
    this.#count = new Float64Array(count + 1);
  }

  add(plane: Float32Array, slice: number): void {
    const base = slice * plane.length;
    for (let n = 0; n < plane.length; n++) {
      const id = this.#labels.data[base + n]!;
      if (id === 0) continue;
      this.#max[id] = Math.max(this.#max[id]!, plane[n]!);
      this.#sum[id]! += plane[n]!;
      this.#count[id]!++;
    }
  }

  of(id: number): { max: number; mean: number } {
    return { max: this.#max[id]!, mean: this.#sum[id]! / Math.max(1, this.#count[id]!) };
  }
}

function describe(
  lesion: PlacedLesion,
  anatomy: Anatomy,
  uptake: Float32Array,
  ct: Mapping,
  pet: Mapping,
  meter: LesionMeter,
): LesionTruth {
  const { max, mean } = meter.of(lesion.id);
  return {
    id: lesion.id,
    kind: lesion.kind,
    site: lesion.site,
    centerPetMm: pet.fromReference(lesion.centerMm),
    centerCtMm: ct.fromReference(lesion.centerMm),
    radiusMm: lesion.radiusMm,
    volumeMl: ((4 / 3) * PI * lesion.radiusMm * square(lesion.radiusMm)) / 1000,
    suvTrue: lesion.suv,
    suvBackground: surroundings(lesion, anatomy, uptake, pet),
    suvMaxNoiseFree: max,
    suvMeanNoiseFree: mean,
    hu: lesion.hu,
  };
}

/** Mean drawn uptake on a 15-point-wide raster of the shell between 1.3 and 1.8 radii. */
function surroundings(lesion: PlacedLesion, { canvas }: Anatomy, uptake: Float32Array, pet: Mapping): number {
  const out = new Float64Array(3);
  let sum = 0;
  let count = 0;
  for (let c = -7; c <= 7; c++) {
    for (let b = -7; b <= 7; b++) {
      for (let a = -7; a <= 7; a++) {
        const offset = [a, b, c].map((value) => (value / 7) * 1.8 * lesion.radiusMm);
        const distance = Math.sqrt(square(offset[0]!) + square(offset[1]!) + square(offset[2]!));
        if (distance < 1.3 * lesion.radiusMm || distance > 1.8 * lesion.radiusMm) continue;
        const at = lesion.centerMm.map((value, axis) => value + offset[axis]!) as unknown as Vec3;
        pet.toAnatomy(at[0], at[1], at[2], out);
        sum += uptake[canvas.labelAt(out[0]!, out[1]!, out[2]!)]!;
        count++;
      }
    }
  }
  return count === 0 ? 0 : sum / count;
}

/**
 * Simulated PET/CT studies of all tracers, each from its seed alone: three scanners, PET voxels of 4.8×4.8×5 mm, a coarse CT in four
 * states of breathing, arms up and down, with and without contrast medium. They are kept on disk where a folder is given.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import {
  type CtAnatomy,
  type OrganAnatomy,
  segmentCtAnatomy,
  segmentOrgans,
  type TracerName,
} from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import {
  type LesionRequest,
  type LesionTruth,
  type PetctPhantomOptions,
  type PhantomTracer,
  petctPhantom,
} from '@photopeak/phantom';

export interface SimulatedStudy {
  readonly seed: number;
  readonly tracer: PhantomTracer;
  /** SUVbw. */
  readonly suv: Volume<Float32Array>;
  readonly anatomy: CtAnatomy;
  readonly organs: OrganAnatomy;
  readonly lesions: readonly LesionTruth[];
  /** Lesion ids on the PET's grid. */
  readonly truth: Volume<Uint8Array>;
}

/** The preset that each phantom's tracer is judged by. */
export const FAMILY: Record<PhantomTracer, TracerName> = {
  fdg: 'fdg',
  'psma-11': 'psma',
  'psma-1007': 'psma-1007',
  dotatate: 'somatostatin',
  'fapi-46': 'fapi',
  fluoride: 'fluoride',
};
const STYLES = ['ge', 'siemens', 'philips'] as const;
/** CT in another state of breathing than PET, in turn, mm. */
const MISMATCHES = [0, 6, -5, 12];
const GRIDS = {
  ct: { size: [96, 96, 164], spacingMm: [5.2, 5.2, 6] },
  pet: { size: [104, 104, 196], spacingMm: [4.8, 4.8, 5] },
} as const;

/** Working voxels of the anatomy, as coarse as the fused grid on which it is used. */
const ANATOMY_MM = 4;

export interface StudyPlan {
  readonly seed: number;
  /** Place in the series, which decides scanner, breathing, arms and contrast medium. */
  readonly index: number;
  readonly tracer: PhantomTracer;
  /** Absent: such as the tracer's patients have. */
  readonly lesions?: readonly LesionRequest[] | number;
}

function optionsOf({ seed, index, tracer, lesions }: StudyPlan): PetctPhantomOptions {
  return {
    seed,
    tracer,
    style: STYLES[index % STYLES.length]!,
    respiratoryMismatchMm: MISMATCHES[index % MISMATCHES.length]!,
    arms: index % 2 === 0 ? 'up' : 'down',
    contrast: index % 3 === 1,
    grids: GRIDS,
    ...(lesions === undefined ? {} : { lesions }),
  };
}

export async function simulatedStudy(plan: StudyPlan, folder: string | undefined): Promise<SimulatedStudy> {
  const file =
    folder === undefined ? undefined : path.join(folder, `${plan.tracer}-${plan.seed}-${plan.index}.v8`);
  if (file !== undefined && existsSync(file)) return deserialize(readFileSync(file)) as SimulatedStudy;
  const { ct, pet, truth } = petctPhantom(optionsOf(plan));
  const anatomy = await segmentCtAnatomy(ct, { spacingMm: ANATOMY_MM });
  const study: SimulatedStudy = {
    seed: plan.seed,
    tracer: plan.tracer,
    suv: {
      ...pet,
      data: pet.data.map((value) => value * truth.dose.suvFactor),
      unit: 'g/ml{SUVbw}',
    },
    anatomy,
    organs: await segmentOrgans(anatomy),
    lesions: truth.lesions,
    truth: truth.lesionLabels,
  };
  if (file !== undefined) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, serialize(study));
  }
  return study;
}

const SHARES: readonly (readonly [PhantomTracer, number])[] = [
  ['fdg', 14],
  ['psma-11', 8],
  ['psma-1007', 6],
  ['dotatate', 10],
  ['fapi-46', 6],
  ['fluoride', 6],
];
/** True uptake of lesions that lie anywhere, SUVbw. */
const ANYWHERE_SUV: Record<PhantomTracer, readonly [number, number]> = {
  fdg: [5, 15],
  'psma-11': [5, 25],
  'psma-1007': [6, 25],
  dotatate: [9, 30],
  'fapi-46': [5, 14],
  fluoride: [16, 40],
};

/** A number from 0 to 1 that only the arguments decide. */
export function share(seed: number, n: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 2654435761) ^ Math.imul(n + 1, 40503);
  h = Math.imul(h ^ (h >>> 15), 2246822519);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}

/** Lesions at places that no list names: in any soft tissue, lung, bone or liver clear of strong uptake. */
function anywhere(seed: number, tracer: PhantomTracer, count: number): LesionRequest[] {
  const [low, high] = ANYWHERE_SUV[tracer];
  const round = (value: number) => Math.round(10 * value) / 10;
  return Array.from({ length: count }, (_, n) => ({
    kind: 'soft-tissue',
    site: 'anywhere',
    suv: round(low + share(seed, 2 * n) * (high - low)),
    radiusMm: round(5 + 9 * share(seed, 2 * n + 1)),
  }));
}

/**
 * Fifty studies from the first seed on, all tracers among each other. Every tenth has no lesion, every third lesions
 * anywhere in the body, the others such as the tracer's patients have, some of them beside organs of strong uptake.
 */
export function cohort(firstSeed: number, count = 50): StudyPlan[] {
  const total = SHARES.reduce((sum, [, n]) => sum + n, 0);
  const given = SHARES.map(() => 0);
  return Array.from({ length: count }, (_, index) => {
    // The tracer that lags most behind its share comes next.
    const next = SHARES.map(([, n], at) => (n * (index + 1)) / total - given[at]!);
    const at = next.indexOf(Math.max(...next));
    given[at]!++;
    const tracer = SHARES[at]![0];
    const seed = firstSeed + index;
    if (index % 10 === 9) return { seed, index, tracer, lesions: 0 };
    return index % 3 === 2
      ? { seed, index, tracer, lesions: anywhere(seed, tracer, 5) }
      : { seed, index, tracer };
  });
}

/** The value after `--name`. */
export function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

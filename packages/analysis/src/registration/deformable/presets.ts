import type { DeformationPlan, FeatureRecipe, RefinePlan, SearchPlan } from '@photopeak/imaging';

/** What the two images show: fixed first where the order matters to nobody but the reader. */
export type RegistrationKind =
  | 'ct-ct'
  | 'cbct-ct'
  | 'pet-ct'
  | 'spect-ct'
  | 'pet-mr'
  | 'mr-ct'
  | 'mr-mr'
  | 'pet-pet';

export interface DeformablePreset {
  /** Voxels of the working grid; larger where that would be more than `MOST_VOXELS`. */
  readonly spacingMm: number;
  /** Smoothing of an image of this kind before descriptors are taken. */
  readonly smoothCtMm: number;
  readonly smoothOtherMm: number;
  /**
   * Mean displacement in the body below which a deformation is not used: about what this kind of pair is registered to,
   * so that less would be as much error as motion. Measured where the phantom has such pairs.
   */
  readonly leastMotionMm: number;
  /**
   * Voxels of the working grid from the end of a field of view in which nothing is compared: descriptors reach beyond it,
   * where there is nothing.
   */
  readonly edgeVoxels: number;
  /**
   * Of a shorter displacement nothing is kept, from the second length on all of it: what such images are registered to,
   * where that is more than motion that matters. Absent: every displacement counts.
   */
  readonly certainMm?: readonly [none: number, all: number];
  readonly plan: DeformationPlan;
}

/** Of the working grid: what a full-size pair may take in time and memory. */
export const MOST_VOXELS = 3_200_000;

const search: SearchPlan = {
  pool: 4,
  radius: 3,
  couplings: [30, 100, 300, 1000, 3000, 10000],
  smoothing: 2,
};

/** HU as channels: all of it, soft tissue, lung and bone. */
const huWindows = [
  { low: -1000, high: 200, weight: 0.7 },
  { low: -60, high: 140, weight: 1 },
  { low: 100, high: 700, weight: 0.7 },
  { low: -950, high: -600, weight: 1 },
] as const;

const mind = (radius: number, distance: number, leastVariance = 0.001): FeatureRecipe => ({
  radius,
  distance,
  leastVariance,
  mindWeight: 1,
  windows: [],
});

function levels(
  stiffness: Pick<RefinePlan, 'membrane' | 'bending'>,
  steps: readonly (readonly [pool: number, stride: number, iterations: number])[],
): RefinePlan[] {
  return steps.map(([pool, stride, iterations]) => ({
    ...{ pool, stride, iterations, robust: 0 },
    ...stiffness,
  }));
}

const fine = [
  [4, 1, 8],
  [2, 2, 6],
  [1, 4, 4],
  [1, 2, 1],
] as const;
/** More steps where the displacement jumps, as at the wall of the chest. */
const finest = [...fine.slice(0, 3), [1, 2, 3]] as const;
const coarse = [
  [4, 1, 8],
  [2, 2, 6],
  [1, 4, 4],
] as const;

/**
 * Tuned on torso pairs of the phantom: seeds 1 and 2 for two CTs and for PET and CT (and seeds 21 to 25 of whole bodies for
 * what is kept), seed 1 for what is kept of the others. Two PETs were not measured and take over the numbers of PET.
 */
export const deformablePresets: { readonly [K in RegistrationKind]: DeformablePreset } = {
  'ct-ct': {
    ...{ spacingMm: 3, smoothCtMm: 1.5, smoothOtherMm: 0, leastMotionMm: 0.8, edgeVoxels: 0 },
    plan: {
      features: { ...mind(1, 1, 0.1), mindWeight: 0.2, windows: huWindows },
      levels: levels({ membrane: 0.01, bending: 0.5 }, finest),
      search,
    },
  },
  'cbct-ct': {
    ...{ spacingMm: 3, smoothCtMm: 1.5, smoothOtherMm: 1.5, leastMotionMm: 1.5, edgeVoxels: 0 },
    plan: { features: mind(1, 2), levels: levels({ membrane: 0.5, bending: 2 }, fine), search },
  },
  'pet-ct': {
    ...{ spacingMm: 3, smoothCtMm: 3, smoothOtherMm: 0, leastMotionMm: 0, certainMm: [3, 7], edgeVoxels: 5 },
    plan: { features: mind(2, 2), levels: levels({ membrane: 2.5, bending: 0 }, coarse), search },
  },
  'spect-ct': {
    ...{ spacingMm: 4, smoothCtMm: 5, smoothOtherMm: 0, leastMotionMm: 0, certainMm: [3, 7], edgeVoxels: 0 },
    plan: { features: mind(2, 2), levels: levels({ membrane: 3, bending: 0 }, coarse), search },
  },
  'pet-mr': {
    ...{
      spacingMm: 3,
      smoothCtMm: 0,
      smoothOtherMm: 1.5,
      leastMotionMm: 0,
      certainMm: [2, 5],
      edgeVoxels: 5,
    },
    plan: { features: mind(2, 2), levels: levels({ membrane: 2.5, bending: 0 }, coarse), search },
  },
  'mr-ct': {
    ...{
      spacingMm: 3,
      smoothCtMm: 1.5,
      smoothOtherMm: 1.5,
      leastMotionMm: 0,
      certainMm: [0.5, 2],
      edgeVoxels: 0,
    },
    plan: { features: mind(1, 2), levels: levels({ membrane: 1, bending: 1 }, fine), search },
  },
  'mr-mr': {
    ...{
      spacingMm: 2,
      smoothCtMm: 0,
      smoothOtherMm: 1,
      leastMotionMm: 0,
      certainMm: [0.5, 2],
      edgeVoxels: 0,
    },
    plan: { features: mind(1, 1), levels: levels({ membrane: 0.5, bending: 2 }, fine), search },
  },
  'pet-pet': {
    ...{ spacingMm: 3, smoothCtMm: 0, smoothOtherMm: 0, leastMotionMm: 2, edgeVoxels: 0 },
    plan: { features: mind(2, 2), levels: levels({ membrane: 1, bending: 1 }, coarse), search },
  },
};

import { type Change, changeOf } from './tolerance.ts';

/** What is measured of a lesion at one time point; uptake in one kind of SUV. */
export interface LesionValues {
  readonly suvMax: number;
  readonly suvPeak: number | null;
  readonly suvMean: number;
  readonly mtvMl: number;
  readonly tlgG: number;
  /** Largest distance within the lesion. */
  readonly diameterMm: number;
}

export const LESION_VALUES = ['suvMax', 'suvPeak', 'suvMean', 'mtvMl', 'tlgG', 'diameterMm'] as const;
export type LesionValue = (typeof LESION_VALUES)[number];

/** The change of each number; absent where one of the two time points lacks it. */
export function lesionChange(from: LesionValues, to: LesionValues): Partial<Record<LesionValue, Change>> {
  const changes: Partial<Record<LesionValue, Change>> = {};
  for (const name of LESION_VALUES) {
    const [before, after] = [from[name], to[name]];
    if (before !== null && after !== null) changes[name] = changeOf(before, after);
  }
  return changes;
}

/**
 * Several lesions as one, for a lesion that split or several that merged: volumes, TLG and mean over all voxels,
 * maxima and diameter of the largest.
 */
export function together(lesions: readonly LesionValues[]): LesionValues {
  const sum = (value: (lesion: LesionValues) => number) =>
    lesions.reduce((total, lesion) => total + value(lesion), 0);
  const most = (value: (lesion: LesionValues) => number) =>
    lesions.reduce((highest, lesion) => Math.max(highest, value(lesion)), 0);
  const mtvMl = sum((lesion) => lesion.mtvMl);
  const tlgG = sum((lesion) => lesion.tlgG);
  const peaks = lesions.flatMap(({ suvPeak }) => (suvPeak === null ? [] : [suvPeak]));
  return {
    suvMax: most((lesion) => lesion.suvMax),
    suvPeak: peaks.length === 0 ? null : Math.max(...peaks),
    suvMean: mtvMl > 0 ? tlgG / mtvMl : 0,
    mtvMl,
    tlgG,
    diameterMm: most((lesion) => lesion.diameterMm),
  };
}

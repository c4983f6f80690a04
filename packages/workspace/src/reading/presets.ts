import type { ColorTableId } from '../geometry/index.ts';

export type Range = readonly [low: number, high: number];

export interface Preset {
  readonly id: string;
  readonly label: string;
  readonly range: Range;
}

function ctWindow(id: string, label: string, width: number, level: number): Preset {
  return { id, label, range: [level - width / 2, level + width / 2] };
}

/** In the order of the number keys 1–5; width and level in HU. */
export const ctWindows: readonly Preset[] = [
  ctWindow('soft', 'Soft tissue', 400, 40),
  ctWindow('lung', 'Lung', 1500, -600),
  ctWindow('bone', 'Bone', 2000, 400),
  ctWindow('brain', 'Brain', 80, 40),
  ctWindow('liver', 'Liver', 150, 90),
];

const suvUppers = [5, 7, 10, 15] as const;
const shares = [0.1, 0.25, 0.5, 1] as const;

/**
 * Four ranges for the number keys 6–9. They follow the unit: SUV where it could be computed, otherwise parts of the
 * highest voxel, because a fixed range would show nothing.
 */
export function petRanges(isSuv: boolean, highest: number): readonly Preset[] {
  if (isSuv) {
    return suvUppers.map((upper) => ({ id: `suv-${upper}`, label: `SUV 0–${upper}`, range: [0, upper] }));
  }
  return shares.map((share) => ({
    id: `share-${share}`,
    label: `0–${share * 100} % of max`,
    range: [0, highest * share],
  }));
}

/** What opens first: SUV 0–7, or a quarter of the highest voxel. */
export const FIRST_PET_RANGE = 1;

export const petTables: readonly ColorTableId[] = ['inverted-grey', 'hot-metal', 'rainbow', 'grey'];
export const fusionTables: readonly ColorTableId[] = ['hot-metal', 'rainbow'];

/** `W 400 L 40` */
export function windowText([low, high]: Range): string {
  return `W ${Math.round(high - low)} L ${Math.round((low + high) / 2)}`;
}

/** `SUV 0–7`, `0–12.5 kBq/ml` */
export function petRangeText([low, high]: Range, unit: string): string {
  if (isSuvUnit(unit)) return `SUV ${tidy(low)}–${tidy(high)}`;
  const { value, name } = readable(high, unit);
  return `${tidy(low)}–${tidy(value)} ${name}`;
}

export function isSuvUnit(unit: string): boolean {
  return unit === 'g/ml{SUVbw}';
}

/** Large activities in kilo. */
export function readable(value: number, unit: string): { readonly value: number; readonly name: string } {
  if (unit === 'Bq/ml') return { value: value / 1000, name: 'kBq/ml' };
  return { value, name: unit === '1' ? '' : unit };
}

function tidy(value: number): string {
  return String(Number(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)));
}

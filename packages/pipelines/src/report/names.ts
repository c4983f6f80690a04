import type { PetctLesion } from '../petct-oncology/summary.ts';

export const fixed = (value: number | null, digits: number): string =>
  value === null ? '–' : value.toFixed(digits);

export const KIND_NAMES: Record<string, string> = {
  bw: 'SUVbw (g/ml)',
  lbm: 'SUVlbm, James (g/ml)',
  lbmJames120: 'SUVlbm, James with 120 (g/ml)',
  lbmJanmahasatian: 'SUVlbm, Janmahasatian (g/ml)',
  bsa: 'SUVbsa (cm²/ml)',
  ibw: 'SUVibw (g/ml)',
};

/** `left iliac region`, `lung`, or that the site is not known. */
export function place({ site, laterality }: PetctLesion): string {
  const parts = [laterality?.meaning, site?.meaning].filter((part) => part !== undefined);
  const text = parts.join(' ').toLowerCase();
  return text === '' ? 'not determined' : text;
}

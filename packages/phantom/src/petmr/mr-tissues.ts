import { type TissueName, tissues } from '../petct/tissues.ts';

/** What MR sees of a tissue. */
export interface MrTissue {
  /** Signal of water and of fat in a T1-weighted Dixon image, 0 … 1. */
  readonly water: number;
  readonly fat: number;
  readonly t2Ms: number;
  /** Apparent diffusion coefficient, 10⁻⁶ mm²/s. */
  readonly adc: number;
}

const soft: MrTissue = { water: 0.6, fat: 0.02, t2Ms: 55, adc: 1500 };
const fluid: MrTissue = { water: 0.35, fat: 0, t2Ms: 450, adc: 2900 };
const none: MrTissue = { water: 0, fat: 0, t2Ms: 20, adc: 0 };
const fat: MrTissue = { water: 0.06, fat: 0.85, t2Ms: 70, adc: 60 };
const blood: MrTissue = { water: 0.5, fat: 0, t2Ms: 120, adc: 1900 };

/** Typical values at 3 T, rounded; what is not listed is soft tissue. */
const TABLE: Partial<Record<TissueName, MrTissue>> = {
  air: none,
  airway: none,
  'bowel-gas': none,
  'sinus-air': none,
  'table-shell': none,
  'table-core': none,
  fat,
  'visceral-fat': fat,
  'yellow-marrow': fat,
  mediastinum: { ...fat, water: 0.25, fat: 0.55 },
  'lung-right': { water: 0.06, fat: 0, t2Ms: 25, adc: 0 },
  'lung-left': { water: 0.06, fat: 0, t2Ms: 25, adc: 0 },
  'cortical-bone': { water: 0.05, fat: 0.03, t2Ms: 15, adc: 0 },
  'spongy-bone': { water: 0.35, fat: 0.35, t2Ms: 65, adc: 400 },
  muscle: { water: 0.55, fat: 0.03, t2Ms: 38, adc: 1450 },
  liver: { water: 0.72, fat: 0.04, t2Ms: 42, adc: 1150 },
  'liver-vessel': blood,
  'blood-pool': blood,
  aorta: blood,
  vein: blood,
  'lung-vessel': blood,
  spleen: { water: 0.6, fat: 0, t2Ms: 75, adc: 850 },
  'kidney-right': { water: 0.62, fat: 0, t2Ms: 95, adc: 2000 },
  'kidney-left': { water: 0.62, fat: 0, t2Ms: 95, adc: 2000 },
  'renal-pelvis': fluid,
  ureter: fluid,
  'ureter-spot': fluid,
  bladder: fluid,
  gallbladder: fluid,
  'cerebrospinal-fluid': fluid,
  'spinal-canal': fluid,
  eye: fluid,
  'stomach-content': fluid,
  'grey-matter': { water: 0.62, fat: 0, t2Ms: 95, adc: 850 },
  'white-matter': { water: 0.72, fat: 0, t2Ms: 75, adc: 750 },
};

/** At the index of the label value. */
export const mrTissues: readonly MrTissue[] = tissues.map(({ name }) => TABLE[name as TissueName] ?? soft);

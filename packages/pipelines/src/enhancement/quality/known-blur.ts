import type { QualityLimits } from '@photopeak/analysis';

/** For filters that blur by their nature, as who asks for them knows: people are told, but nothing is held back for it. */
export const knownBlur = {
  'lost-structure': { flag: 7, hold: null },
  'lost-line': { flag: 9, hold: null },
  'new-line': { flag: 9, hold: null },
  texture: { flag: 1.2, hold: null },
  'beyond-noise': { flag: 1, hold: null },
  'edge-residual': { flag: 3, hold: null },
  sharpness: { flag: 0.85, hold: null },
  insertion: { flag: 0.8, hold: null },
} as const satisfies Partial<QualityLimits>;

import type { Algorithm, Dataset, ObjectContext } from '@photopeak/dicom';
import { contextOf, type Identity, SERIES_NUMBER_BASE } from '../../objects/index.ts';

/** The outputs in the order of their series numbers. */
const SERIES = {
  'short-axis-stress': { number: SERIES_NUMBER_BASE + 41, description: 'AI short axis stress (draft)' },
  'short-axis-rest': { number: SERIES_NUMBER_BASE + 42, description: 'AI short axis rest (draft)' },
  'short-axis': { number: SERIES_NUMBER_BASE + 43, description: 'AI short axis (draft)' },
  'polar-maps': { number: SERIES_NUMBER_BASE + 44, description: 'AI polar maps (draft)' },
  slices: { number: SERIES_NUMBER_BASE + 45, description: 'AI slices of the heart (draft)' },
  'measurements-sr': { number: SERIES_NUMBER_BASE + 46, description: 'AI perfusion measurements (draft)' },
} as const;

export type HeartOutput = keyof typeof SERIES;

export function heartContext(
  identity: Identity,
  output: HeartOutput,
  source: Dataset,
  algorithms: readonly Algorithm[],
): ObjectContext {
  return contextOf(identity, output, SERIES[output], source, algorithms);
}

import type { SliceContour } from '@photopeak/analysis';
import type { Code, InterpretedType, Rgb } from '@photopeak/dicom';

/** Where a structure comes from. */
export type Origin = 'anatomy' | 'lesion' | 'prior';

/** Confidence by a rule of thumb: where something is to be checked it is no more than this. */
const MOST_TO_CHECK = 0.7;

export const thumbConfidence = (confidence: number, toCheck: readonly string[]): number =>
  toCheck.length > 0 ? Math.min(confidence, MOST_TO_CHECK) : confidence;

/** A structure on the planning CT, before it becomes an object. */
export interface PlannedStructure {
  /** TG-263, unique. */
  readonly name: string;
  readonly origin: Origin;
  readonly description: string;
  readonly type: Code | null;
  readonly laterality: Code | null;
  readonly interpretedType: InterpretedType;
  readonly colour: Rgb | null;
  readonly contours: readonly SliceContour[];
  readonly volumeMl: number;
  /** 0 … 1, a rule of thumb; null where nothing can be said. */
  readonly confidence: number | null;
  /** What a person has to look at; empty: as any draft. */
  readonly toCheck: readonly string[];
}

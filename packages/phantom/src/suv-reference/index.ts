import type { Dataset } from '@photopeak/dicom';
import { suvCases } from './cases.ts';
import { simulateCase } from './forward.ts';
import { BACKGROUND_SUV, COLD_SUV, HOT_SUV, SCENE, sceneSlice } from './scene.ts';
import { buildSeries } from './series.ts';

export type SuvExpectation =
  | {
      readonly status: 'ok';
      /** SUVbw per rescaled stored value, by slice, in the order of `instances`. */
      readonly bwPerSlice: readonly number[];
    }
  | { readonly status: 'refused'; readonly code: string };

/** A small PET series for one rule of SUV, with the answer. */
export interface SuvReferenceObject {
  readonly name: string;
  readonly about: string;
  readonly expected: SuvExpectation;
  /** False where the case is a defect that a conformance checker reports too. */
  readonly conformant: boolean;
  /** One data set per slice, in order of position; write them with `writePart10`. */
  instances(): Dataset[];
}

/** True SUVbw of the scene: maximum, minimum and median, and the voxels of each slice. */
export const suvReferenceScene = {
  hot: HOT_SUV,
  cold: COLD_SUV,
  background: BACKGROUND_SUV,
  size: [SCENE.columns, SCENE.rows, SCENE.slices] as const,
  spacingMm: SCENE.spacingMm,
  slice: sceneSlice,
} as const;

/**
 * Synthetic PET series for every branch of the SUV rules: a ball of 4.00 and one of 0.20 in a background of 1.00
 * (SUVbw). The pixels come from the physics forward in time (dose, decay, frame, unit), never from an SUV factor, so
 * that a computation of SUV is checked by the opposite way.
 */
export function suvReferenceObjects(): SuvReferenceObject[] {
  return suvCases.map((entry) => {
    const forward = simulateCase(entry);
    return {
      name: entry.name,
      about: entry.about,
      conformant: entry.conformant ?? true,
      expected:
        entry.expected === 'ok'
          ? { status: 'ok', bwPerSlice: forward.valuePerSuv.map((value) => 1 / value) }
          : { status: 'refused', code: entry.expected },
      instances: () => buildSeries(entry, forward),
    };
  });
}

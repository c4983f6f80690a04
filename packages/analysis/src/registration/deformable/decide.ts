import type { HeldOutGain } from './gate.ts';
import type { DeformablePreset } from './presets.ts';
import type { DeformableEvidence } from './register-deformable.ts';

/** At held-out blocks the gain must be this many standard errors above nothing … */
const LEAST_CONFIDENCE = 2;
/** … and at least this share. */
const LEAST_SHARE = 0.01;
/**
 * Where the parts of a deformation were chosen by mutual information, it must rise by more than such a choice alone gives:
 * as a share of what the images have in common (NMI − 1), where nothing else judges, and where surfaces do too.
 */
const LEAST_RISE = { alone: 0.02, withSurfaces: 0.01 } as const;
/** No part of a patient moves further between two scans once they are registered rigidly. */
const LARGEST_MM = 80;

/** By how much mutual information rises, as a share of what the images have in common (NMI − 1). */
const rise = ({ linear, deformed }: DeformableEvidence['similarity']): number =>
  (deformed - linear) / Math.max(linear - 1, 1e-6);

/** Mutual information rises so clearly that surfaces need not gain, only not lose. */
export const risesClearly = ({ similarity }: DeformableEvidence): boolean =>
  rise(similarity) > LEAST_RISE.alone;

/** What speaks against a deformation by itself; undefined where nothing does. */
export function motionAgainst(
  { similarity, largestMm, meanMm }: DeformableEvidence,
  preset: DeformablePreset,
  { isUnfolded, hasSurfaces }: { readonly isUnfolded: boolean; readonly hasSurfaces: boolean },
): string | undefined {
  if (!isUnfolded) return 'the deformation folds the body';
  if (largestMm > LARGEST_MM) return `it moves parts of the body by ${largestMm.toFixed(0)} mm`;
  if (meanMm < preset.leastMotionMm) {
    return `it moves the body by ${meanMm.toFixed(1)} mm on average, less than the ${preset.leastMotionMm} mm to which such images are registered`;
  }
  if (preset.certainMm !== undefined && largestMm < preset.certainMm[0]) {
    return `nothing moves by clearly more than the ${preset.certainMm[0]} mm to which such images are registered`;
  }
  const least = preset.certainMm === undefined ? 0 : hasSurfaces ? LEAST_RISE.withSurfaces : LEAST_RISE.alone;
  if (!(rise(similarity) > least)) {
    return `mutual information does not rise clearly (${similarity.linear.toFixed(4)} to ${similarity.deformed.toFixed(4)})`;
  }
  return undefined;
}

/** What blocks of the images that took no part say against a deformation found without them. */
export function heldOutAgainst({ share, confidence }: HeldOutGain): string | undefined {
  if (share >= LEAST_SHARE && confidence >= LEAST_CONFIDENCE) return undefined;
  return `at parts of the images that took no part it gains ${(100 * share).toFixed(1)} % (${confidence.toFixed(1)} times its scatter)`;
}

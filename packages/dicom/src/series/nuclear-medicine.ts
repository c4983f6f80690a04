import type { Vec3 } from '@photopeak/imaging';
import type { Dataset, Keyword } from '../data/index.ts';
import { orientationOf } from './plane.ts';
import type { Slice } from './slices.ts';
import { along, cross, vec3 } from './vector.ts';

/** Conventional axes for tomograms of old cameras without position: rows to the left, columns to the back. */
const AXIAL: readonly [Vec3, Vec3] = [
  [1, 0, 0],
  [0, 1, 0],
];

/** Vectors that number the frames by something else than the slice (PS3.3 C.8.4.8.1.1). */
const otherVectors: readonly (readonly [name: string, keyword: Keyword])[] = [
  ['energy window', 'EnergyWindowVector'],
  ['detector', 'DetectorVector'],
  ['phase', 'PhaseVector'],
  ['R-R interval', 'RRIntervalVector'],
  ['time slot', 'TimeSlotVector'],
  ['time slice', 'TimeSliceVector'],
];

/** Reconstructed tomograms are stacks; everything else of nuclear medicine is projections. */
export function isReconstructedTomogram(dataset: Dataset): boolean {
  return dataset
    .texts('ImageType')
    .slice(2)
    .some((value) => /^RECON/.test(value.toUpperCase()));
}

/**
 * Frames of an NM object. In a reconstructed tomogram the frame lies at the position of its detector item plus its
 * slice number times Spacing Between Slices along the normal; a negative spacing stacks to the front
 * (PS3.3 C.8.4.15).
 */
export function nuclearFrames(common: Slice, frames: number): Slice[] {
  const { dataset } = common.instance;
  const stack = isReconstructedTomogram(dataset);
  const vectors = otherVectors.map(([name, keyword]) => [name, dataset.numbers(keyword)] as const);
  const sliceVector = dataset.numbers('SliceVector');
  const detectorVector = dataset.numbers('DetectorVector');
  const detectors = dataset.items('DetectorInformationSequence');
  const spacing = common.spacingBetweenSlices ?? common.sliceThickness;
  return Array.from({ length: frames }, (_, frame) => {
    const marks: Record<string, string> = { ...common.marks };
    for (const [name, vector] of vectors) {
      if (vector.length === frames) marks[name] = String(vector[frame]);
    }
    if (!stack) return { ...common, frame, marks, position: undefined };
    const detector = detectors[(detectorVector[frame] ?? 1) - 1] ?? detectors[0];
    const orientation =
      orientationOf(detector?.numbers('ImageOrientationPatient') ?? []) ?? common.orientation ?? AXIAL;
    const found = vec3(detector?.numbers('ImagePositionPatient') ?? []) ?? common.position;
    const first: Vec3 = found ?? [0, 0, 0];
    const number = sliceVector.length === frames ? sliceVector[frame]! - 1 : frame;
    const normal = cross(orientation[0], orientation[1]);
    const assumed = found === undefined || detector?.has('ImageOrientationPatient') !== true;
    return {
      ...common,
      frame,
      marks,
      orientation,
      position: spacing === undefined ? undefined : along(first, normal, number * spacing),
      spacingBetweenSlices: spacing === undefined ? undefined : Math.abs(spacing),
      assumed,
    };
  });
}

import { translation, type Vec3 } from '@photopeak/imaging';
import type { FusedAnatomy } from '../anatomy/index.ts';
import { BORDER_MM, type Foreground } from './foreground.ts';
import { binMap, binOf } from './intensity.ts';
import { maximise } from './powell.ts';
import { scatter } from './samples.ts';
import { similarity } from './similarity.ts';

export interface RegionalOffset {
  /** Shift of the PET in this region, LPS mm, that fits the CT best: what the registration missed here. */
  readonly shift: Vec3;
  readonly mm: number;
  /** Disagreement of two independent samples of points. */
  readonly spreadMm: number;
}

const SAMPLES = 9_000;
const STEP_MM = 5;
const TOLERANCE_MM = 0.3;
/** Two samples that disagree by more than this say that the region has no sharp optimum. */
const LARGEST_SPREAD_MM = 5;
/** An optimum further away is another structure. */
const LARGEST_SHIFT_MM = 35;
const FEWEST_SAMPLES = 3_000;

/**
 * Slides the CT against the PET within a slab of the body (between two heights, LPS z in mm) to the peak of the
 * metric: a direct estimate in mm of what is misaligned there. `whole` is the body on CT. Undefined where the peak is not sharp.
 */
export function regionalOffset(
  fused: FusedAnatomy,
  whole: Foreground,
  lowZ: number,
  highZ: number,
): RegionalOffset | undefined {
  const body = {
    ...whole,
    low: [whole.low[0], whole.low[1], Math.max(whole.low[2], lowZ + BORDER_MM)] as const,
    high: [whole.high[0], whole.high[1], Math.min(whole.high[2], highZ - BORDER_MM)] as const,
  };
  const shifts: Vec3[] = [];
  for (const seed of [1, 2]) {
    const points = scatter(fused.hu, body, SAMPLES, seed);
    if (points.count < FEWEST_SAMPLES) return undefined;
    const map = binMap(points.value);
    const petMap = binMap(scatter(fused.suv, body, SAMPLES, seed).value);
    const metric = similarity(
      { count: points.count, position: points.position, fixedBin: points.value.map((v) => binOf(map, v)) },
      fused.suv,
      petMap,
    );
    const found = maximise(([x, y, z]) => metric.evaluate(translation([x!, y!, z!])), new Float64Array(3), {
      step: STEP_MM,
      tolerance: TOLERANCE_MM,
      sweeps: 8,
    });
    // The PET point under a CT point lies at + shift: the PET would have to move by the opposite.
    shifts.push([-found.point[0]!, -found.point[1]!, -found.point[2]!]);
  }
  const [a, b] = shifts as [Vec3, Vec3];
  const spreadMm = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  const shift: Vec3 = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];
  const mm = Math.hypot(...shift);
  if (spreadMm > LARGEST_SPREAD_MM || mm > LARGEST_SHIFT_MM) return undefined;
  return { shift, mm, spreadMm };
}

import { translation, type Vec3 } from '@photopeak/imaging';
import type { FusedAnatomy } from '../anatomy/index.ts';
import type { InsideTest } from './field-of-view.ts';
import { BORDER_MM, type Foreground } from './foreground.ts';
import { type BinMap, binMap, binOf } from './intensity.ts';
import { maximise } from './powell.ts';
import { type Scattered, scatter } from './samples.ts';
import { similarity } from './similarity.ts';

export interface RegionalOffset {
  /** Shift of the PET in this region, LPS mm, that fits the CT best: what the registration missed here. */
  readonly shift: Vec3;
  readonly mm: number;
  /** Root mean square distance of the estimates of the half regions from their mean. */
  readonly spreadMm: number;
  /** Largest distance between the estimates of two opposite halves. */
  readonly disagreementMm: number;
  readonly samples: number;
}

const SAMPLES = 12_000;
const STEP_MM = 5;
const TOLERANCE_MM = 0.3;
/** Opposite halves of a region that disagree by more than this say that it has no sharp optimum. */
const LARGEST_DISAGREEMENT_MM = 5;
/** … or by more than this share of the shift: a large shift is real even where the body bends. */
const LARGEST_DISAGREEMENT_SHARE = 0.6;
/** An optimum further away is another structure. */
const LARGEST_SHIFT_MM = 35;
const FEWEST_SAMPLES = 3_000;

/** Where the PET has to move for the best fit at some of the points. */
function bestShift(
  points: Scattered,
  chosen: readonly number[],
  fixedMap: BinMap,
  fused: FusedAnatomy,
  petMap: BinMap,
): Vec3 {
  const position = new Float64Array(3 * chosen.length);
  const fixedBin = new Float32Array(chosen.length);
  chosen.forEach((from, n) => {
    position.set(points.position.subarray(3 * from, 3 * from + 3), 3 * n);
    fixedBin[n] = binOf(fixedMap, points.value[from]!);
  });
  const metric = similarity({ count: chosen.length, position, fixedBin }, fused.suv, petMap);
  const found = maximise(([x, y, z]) => metric.evaluate(translation([x!, y!, z!])), new Float64Array(3), {
    step: STEP_MM,
    tolerance: TOLERANCE_MM,
    sweeps: 8,
  });
  // The PET point under a CT point lies at + shift: the PET would have to move by the opposite.
  return [-found.point[0]!, -found.point[1]!, -found.point[2]!];
}

/** The points on each side of the middle of a region, for each axis of the patient: right, left, front, back, low, high. */
function halves({ count, position }: Scattered): [number[], number[]][] {
  return [0, 1, 2].map((axis) => {
    const along = Float64Array.from({ length: count }, (_, n) => position[3 * n + axis]!);
    const middle = along.slice().sort()[count >> 1]!;
    const all = Array.from({ length: count }, (_, n) => n);
    return [all.filter((n) => along[n]! < middle), all.filter((n) => along[n]! >= middle)];
  });
}

const distance = (a: Vec3, b: Vec3) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/**
 * Slides the PET against the CT within a slab of the body (between two heights, LPS z in mm) to the peak of the
 * metric: a direct estimate in mm of what is misaligned there. `whole` is the body on CT; only points that `isInside`
 * keeps are compared.
 *
 * Each half of the slab is asked by itself, because independent points in the same tissue share its bias: in a thigh
 * whose tumour has no counterpart on CT, mutual information has a firm optimum centimetres from the truth, but each half
 * another one. Undefined where opposite halves disagree.
 */
export function regionalOffset(
  fused: FusedAnatomy,
  whole: Foreground,
  lowZ: number,
  highZ: number,
  isInside: InsideTest,
): RegionalOffset | undefined {
  const body = {
    ...whole,
    low: [whole.low[0], whole.low[1], Math.max(whole.low[2], lowZ + BORDER_MM)] as const,
    high: [whole.high[0], whole.high[1], Math.min(whole.high[2], highZ - BORDER_MM)] as const,
  };
  const points = scatter(fused.hu, body, SAMPLES, 1, isInside);
  if (points.count < FEWEST_SAMPLES) return undefined;
  const fixedMap = binMap(points.value);
  const petMap = binMap(scatter(fused.suv, body, SAMPLES, 1, isInside).value);
  const pairs = halves(points).map((pair) =>
    pair.map((chosen) => bestShift(points, chosen, fixedMap, fused, petMap)),
  ) as [Vec3, Vec3][];
  const shifts = pairs.flat();
  const shift = [0, 1, 2].map(
    (axis) => shifts.reduce((sum, one) => sum + one[axis]!, 0) / shifts.length,
  ) as unknown as Vec3;
  const mm = Math.hypot(...shift);
  const disagreement = Math.max(...pairs.map(([a, b]) => distance(a, b)));
  if (disagreement > Math.max(LARGEST_DISAGREEMENT_MM, LARGEST_DISAGREEMENT_SHARE * mm)) return undefined;
  if (mm > LARGEST_SHIFT_MM) return undefined;
  const spreadMm = Math.sqrt(shifts.reduce((sum, one) => sum + distance(one, shift) ** 2, 0) / shifts.length);
  return { shift, mm, spreadMm, disagreementMm: disagreement, samples: points.count };
}

import { translation } from '@photopeak/imaging';
import type { FusedAnatomy, Landmarks } from '../anatomy/index.ts';
import { ANATOMY_LABELS } from '../anatomy/index.ts';
import type { InsideTest } from './field-of-view.ts';
import type { Foreground } from './foreground.ts';
import { binMap, binOf } from './intensity.ts';
import { scatter } from './samples.ts';
import { similarity } from './similarity.ts';

export interface LeftDiaphragmOffset {
  /** How much higher (headwards) the left dome lies on PET than on CT, in mm. */
  readonly offsetMm: number;
  /** Half the difference between what the front and the back half say, mm. */
  readonly spreadMm: number;
}

const SAMPLES = 8_000;
const FEWEST_SAMPLES = 1_500;
const STEP_MM = 2;
const REACH_MM = 26;
/** Above and below the dome that is compared. */
const ABOVE_MM = 45;
const BELOW_MM = 30;
/** On phantoms the optimum lies this much higher on PET than the dome does (tuning seeds of score-model.ts). */
const TOO_HIGH_MM = 1.8;
const LARGEST_DISAGREEMENT_MM = 6;

/** Height of the floor of the left lung in each column, NaN outside, and the top of the dome. */
function leftFloor({ labels }: FusedAnatomy): { domeZ: number; isUnder: InsideTest } | undefined {
  const [nx, ny, nz] = labels.size;
  const floor = new Float64Array(nx * ny).fill(Number.NaN);
  for (let column = 0; column < nx * ny; column++)
    for (let k = 0; k < nz && Number.isNaN(floor[column]!); k++)
      if (labels.data[column + k * nx * ny] === ANATOMY_LABELS.lungLeft)
        floor[column] = labels.origin[2] + k * labels.spacingMm[2];
  const heights = [...floor].filter((z) => !Number.isNaN(z)).sort((a, b) => a - b);
  if (heights.length < 40) return undefined;
  const isUnder: InsideTest = (x, y, z) => {
    const i = Math.round((x - labels.origin[0]) / labels.spacingMm[0]);
    const j = Math.round((y - labels.origin[1]) / labels.spacingMm[1]);
    if (i < 0 || j < 0 || i >= nx || j >= ny) return false;
    const at = floor[i + nx * j]!;
    return z > at - BELOW_MM && z < at + ABOVE_MM;
  };
  return { domeZ: heights[Math.floor(0.9 * heights.length)]!, isUnder };
}

/** The peak of a curve sampled at even steps, between the samples by a parabola; undefined at an end. */
function peak(values: readonly number[]): number | undefined {
  const at = values.indexOf(Math.max(...values));
  if (at <= 0 || at >= values.length - 1) return undefined;
  const [a, b, c] = [values[at - 1]!, values[at]!, values[at + 1]!];
  return at + (a - c) / (2 * (a - 2 * b + c));
}

/**
 * How far the left dome lies apart on PET and CT. Stomach, spleen and bowel under it show no single edge, so the PET is
 * slid along the body to the best mutual information in the columns of the left lung's floor, front and back by
 * themselves. Undefined where the halves disagree or nothing is seen.
 */
export function leftDiaphragmOffset(
  fused: FusedAnatomy,
  whole: Foreground,
  marks: Landmarks,
  isInside: InsideTest,
): LeftDiaphragmOffset | undefined {
  const found = leftFloor(fused);
  if (found === undefined || marks.lungs === undefined) return undefined;
  const body = {
    ...whole,
    low: [whole.low[0], whole.low[1], found.domeZ - 120] as const,
    high: [whole.high[0], whole.high[1], found.domeZ + 60] as const,
  };
  const points = scatter(
    fused.hu,
    body,
    SAMPLES,
    3,
    (x, y, z) => found.isUnder(x, y, z) && isInside(x, y, z),
  );
  if (points.count < FEWEST_SAMPLES) return undefined;
  const fixedMap = binMap(points.value);
  const petMap = binMap(scatter(fused.suv, body, SAMPLES, 3, found.isUnder).value);
  const depth = Float64Array.from({ length: points.count }, (_, n) => points.position[3 * n + 1]!);
  const middle = depth.slice().sort()[points.count >> 1]!;
  const estimates = [true, false].map((front) => {
    const chosen = [...depth.keys()].filter((n) => depth[n]! < middle === front);
    const position = new Float64Array(3 * chosen.length);
    const fixedBin = new Float32Array(chosen.length);
    chosen.forEach((from, n) => {
      position.set(points.position.subarray(3 * from, 3 * from + 3), 3 * n);
      fixedBin[n] = binOf(fixedMap, points.value[from]!);
    });
    const metric = similarity({ count: chosen.length, position, fixedBin }, fused.suv, petMap);
    const steps = Math.round(REACH_MM / STEP_MM);
    const values = Array.from({ length: 2 * steps + 1 }, (_, n) =>
      metric.evaluate(translation([0, 0, (n - steps) * STEP_MM])),
    );
    const at = peak(values);
    return at === undefined ? undefined : (at - steps) * STEP_MM;
  });
  const [front, back] = estimates;
  if (front === undefined || back === undefined) return undefined;
  if (Math.abs(front - back) > LARGEST_DISAGREEMENT_MM) return undefined;
  return { offsetMm: (front + back) / 2 - TOO_HIGH_MM, spreadMm: Math.abs(front - back) / 2 };
}

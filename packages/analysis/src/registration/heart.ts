import { distanceTransform, translation, type Vec3, type Volume } from '@photopeak/imaging';
import { ANATOMY_LABELS, type FusedAnatomy, type Landmarks } from '../anatomy/index.ts';
import type { InsideTest } from './field-of-view.ts';
import type { Foreground } from './foreground.ts';
import { type BinMap, binMap, binOf } from './intensity.ts';
import { maximise } from './powell.ts';
import { type Scattered, scatter } from './samples.ts';
import { similarity } from './similarity.ts';

export interface HeartOffset {
  /** Of the heart on PET against the CT, LPS mm. */
  readonly shift: Vec3;
  /** How far the estimates of two halves of the points lie apart, mm. */
  readonly spreadMm: number;
}

/** Heights above the right dome, and distances from the middle of the body, between which the heart lies, mm. */
const LOW_MM = -15;
const HIGH_MM = 95;
const RIGHT_MM = 15;
const LEFT_MM = 95;
const DEPTH_MM = 150;
/** The wall of the chest does not move with the heart. */
const UNDER_SKIN_MM = 28;
const BEFORE_SPINE_MM = 10;
/** Lung around the heart that is compared with it: its edge is what both images show. */
const RIM_MM = 8;
const SAMPLES = 8_000;
const FEWEST_SAMPLES = 2_000;
const LARGEST_SHIFT_MM = 35;
const LARGEST_SPREAD_MM = 5;
/** Neighbours in memory stay together, so that both halves see all of the heart. */
const RUN = 16;

/** Soft tissue of the chest in front of the spine and inside its wall, from a little right of the middle to the left. */
async function heartTissue(
  { labels }: FusedAnatomy,
  { midX, frontY, spineFrontY }: Landmarks,
  domeZ: number,
): Promise<Volume<Float32Array> | undefined> {
  const outside = { ...labels, data: labels.data.map((label) => (label === ANATOMY_LABELS.outside ? 1 : 0)) };
  const depth = await distanceTransform(outside);
  const [nx, ny, nz] = labels.size;
  const [mmX, mmY, mmZ] = labels.spacingMm;
  const data = new Uint8Array(labels.data.length);
  let count = 0;
  for (let k = 0, at = 0; k < nz; k++) {
    const z = labels.origin[2] + k * mmZ;
    const isLevel = z > domeZ + LOW_MM && z < domeZ + HIGH_MM;
    const spine = spineFrontY[k]!;
    const back = Number.isNaN(spine) ? frontY[k]! + DEPTH_MM : spine - BEFORE_SPINE_MM;
    for (let j = 0; j < ny; j++) {
      const y = labels.origin[1] + j * mmY;
      for (let i = 0; i < nx; i++, at++) {
        if (!isLevel || y > back || labels.data[at] !== ANATOMY_LABELS.body) continue;
        const x = labels.origin[0] + i * mmX;
        if (x < midX[k]! - RIGHT_MM || x > midX[k]! + LEFT_MM || depth.data[at]! < UNDER_SKIN_MM) continue;
        data[at] = 1;
        count++;
      }
    }
  }
  return count === 0 ? undefined : distanceTransform({ ...labels, data });
}

/** Where the CT would have to be looked up on the PET for the best fit at every other run of the points. */
function bestShift(
  points: Scattered,
  half: number,
  fixedMap: BinMap,
  suv: Volume,
  petMap: BinMap,
): Float64Array {
  const chosen = Array.from({ length: points.count }, (_, n) => n).filter(
    (n) => (Math.floor(n / RUN) & 1) === half,
  );
  const position = new Float64Array(3 * chosen.length);
  const fixedBin = new Float32Array(chosen.length);
  chosen.forEach((from, n) => {
    position.set(points.position.subarray(3 * from, 3 * from + 3), 3 * n);
    fixedBin[n] = binOf(fixedMap, points.value[from]!);
  });
  const metric = similarity({ count: chosen.length, position, fixedBin }, suv, petMap);
  return maximise(([x, y, z]) => metric.evaluate(translation([x!, y!, z!])), new Float64Array(3), {
    step: 5,
    tolerance: 0.3,
    sweeps: 8,
  }).point;
}

/**
 * How far the heart lies apart on PET and CT: the PET is slid to the best mutual information in the heart and the edge of
 * lung around it. Undefined where the heart is not seen or two halves of the points disagree.
 */
export async function heartOffset(
  fused: FusedAnatomy,
  whole: Foreground,
  marks: Landmarks,
  isInside: InsideTest,
): Promise<HeartOffset | undefined> {
  if (marks.lungs === undefined) return undefined;
  const { domeZ } = marks.lungs;
  const distance = await heartTissue(fused, marks, domeZ);
  if (distance === undefined) return undefined;
  const { origin, spacingMm, size } = distance;
  const isHeart: InsideTest = (x, y, z) => {
    const i = Math.round((x - origin[0]) / spacingMm[0]);
    const j = Math.round((y - origin[1]) / spacingMm[1]);
    const k = Math.round((z - origin[2]) / spacingMm[2]);
    if (i < 0 || j < 0 || k < 0 || i >= size[0] || j >= size[1] || k >= size[2]) return false;
    return distance.data[i + size[0] * (j + size[1] * k)]! <= RIM_MM && isInside(x, y, z);
  };
  const body = {
    ...whole,
    low: [whole.low[0], whole.low[1], domeZ + LOW_MM - RIM_MM] as const,
    high: [whole.high[0], whole.high[1], domeZ + HIGH_MM + RIM_MM] as const,
  };
  const points = scatter(fused.hu, body, SAMPLES, 5, isHeart);
  if (points.count < FEWEST_SAMPLES) return undefined;
  const fixedMap = binMap(points.value);
  const petMap = binMap(scatter(fused.suv, body, SAMPLES, 5, isHeart).value);
  const [a, b] = [0, 1].map((half) => bestShift(points, half, fixedMap, fused.suv, petMap)) as [
    Float64Array,
    Float64Array,
  ];
  const spreadMm = Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!);
  const shift = [0, 1, 2].map((axis) => (a[axis]! + b[axis]!) / 2) as unknown as Vec3;
  if (spreadMm > LARGEST_SPREAD_MM || Math.hypot(...shift) > LARGEST_SHIFT_MM) return undefined;
  return { shift, spreadMm };
}

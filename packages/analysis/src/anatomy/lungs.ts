import {
  boundingBox,
  closing,
  components,
  crop,
  dilate,
  distanceTransform,
  emptyVolume,
  erode,
  growBox,
  invertMask,
  labelMask,
  type Mask,
  maskWhere,
  maskWithin,
  pad,
  type Vec3,
  type Volume,
  watershed,
} from '@photopeak/imaging';

const AIR_HU = -400;
/** Gas in bowel and stomach is dark away from its wall; lung is not, save in emphysema, and there not everywhere. */
const GAS_HU = -940;
const WALL_MM = 4;
const LARGEST_GAS_SHARE = 0.5;
const SMALLEST_LUNG_ML = 60;
/** Relative to the largest part; the smaller lung is larger than this. */
const SMALL_PART_SHARE = 0.15;
/** Vessels and small nodules up to about twice this size belong to the lung. */
const CLOSING_MM = 5;

export interface Lungs {
  readonly right: Mask;
  readonly left: Mask;
  readonly findings: readonly string[];
}

function ml(volume: Volume, voxels: number): number {
  return (voxels * volume.spacingMm[0] * volume.spacingMm[1] * volume.spacingMm[2]) / 1000;
}

/** Mean position along i of the body, for the whole and as the fallback midline. */
function midline(body: Mask, mask: Mask): number {
  const [nx, ny, nz] = body.size;
  let sum = 0;
  let count = 0;
  for (let k = 0; k < nz; k++) {
    let used = false;
    for (let n = nx * ny * k; n < nx * ny * (k + 1) && !used; n++) used = mask.data[n] !== 0;
    if (!used) continue;
    for (let n = nx * ny * k; n < nx * ny * (k + 1); n++) {
      if (body.data[n] === 0) continue;
      sum += n % nx;
      count++;
    }
  }
  return sum / Math.max(1, count);
}

/** Small parts below the middle of the largest one are bowel, whatever their density. */
function dropPartsBelow(labels: Volume<Int32Array>, sizes: readonly number[], keep: boolean[]): void {
  const perSlice = labels.size[0] * labels.size[1];
  const height = new Float64Array(sizes.length + 1);
  for (let n = 0; n < labels.data.length; n++) height[labels.data[n]!]! += Math.floor(n / perSlice);
  const mean = (n: number) => height[n + 1]! / sizes[n]!;
  let largest = -1;
  sizes.forEach((size, n) => {
    if (keep[n] && size > (sizes[largest] ?? 0)) largest = n;
  });
  if (largest < 0) return;
  sizes.forEach((size, n) => {
    if (keep[n] && size < SMALL_PART_SHARE * sizes[largest]! && mean(n) < mean(largest)) keep[n] = false;
  });
}

/** Air of the body that is lung: large, grey, not as dark as gas. */
export async function lungAir(ct: Volume, body: Mask): Promise<Mask> {
  const air = maskWhere(ct, (hu, n) => hu < AIR_HU && body.data[n] !== 0);
  const parts = await components(air, { connectivity: 6 });
  const inner = await erode(air, { radiusMm: WALL_MM });
  const gas = new Float64Array(parts.count + 1);
  const deep = new Float64Array(parts.count + 1);
  for (let n = 0; n < ct.data.length; n++) {
    if (inner.data[n] === 0) continue;
    deep[parts.labels.data[n]!]!++;
    if (ct.data[n]! < GAS_HU) gas[parts.labels.data[n]!]!++;
  }
  const keep = parts.sizes.map(
    (size, n) =>
      ml(ct, size) >= SMALLEST_LUNG_ML && deep[n + 1]! > 0 && gas[n + 1]! <= LARGEST_GAS_SHARE * deep[n + 1]!,
  );
  dropPartsBelow(parts.labels, parts.sizes, keep);
  return labelMask(parts.labels, keep);
}

/** Labels of the lung's parts after the thin bridges between left and right are cut. */
async function cutParts(lung: Mask, mid: number): Promise<Volume<Int32Array>> {
  const whole = await components(lung, { connectivity: 6 });
  const [nx] = lung.size;
  const onRight = new Float64Array(whole.count + 1);
  for (let n = 0; n < lung.data.length; n++) if (n % nx < mid) onRight[whole.labels.data[n]!]!++;
  const joined = whole.sizes.some((size, n) => {
    const share = onRight[n + 1]! / size;
    return ml(lung, size) > 500 && share > 0.15 && share < 0.85;
  });
  if (!joined) return whole.labels;
  const depth = await distanceTransform(invertMask(lung));
  for (let radius = 2; radius <= 20; radius += 2) {
    const core = await components(
      maskWhere(depth, (mm) => mm > radius && Number.isFinite(mm)),
      { connectivity: 6 },
    );
    let right = 0;
    let left = 0;
    let mixed = false;
    const rightOf = new Float64Array(core.count + 1);
    for (let n = 0; n < lung.data.length; n++) if (n % nx < mid) rightOf[core.labels.data[n]!]!++;
    core.sizes.forEach((size, n) => {
      if (ml(lung, size) < 100) return;
      const share = rightOf[n + 1]! / size;
      if (share > 0.15 && share < 0.85) mixed = true;
      else if (share >= 0.85) right++;
      else left++;
    });
    if (mixed || right === 0 || left === 0) continue;
    const markers = emptyVolume(lung, 'int32', '1');
    for (let n = 0; n < lung.data.length; n++) {
      const label = core.labels.data[n]!;
      if (label > 0 && ml(lung, core.sizes[label - 1]!) >= 100) markers.data[n] = label;
    }
    const heights = emptyVolume(lung, 'float32', 'mm');
    for (let n = 0; n < lung.data.length; n++) heights.data[n] = -depth.data[n]!;
    return watershed(heights, markers, { mask: lung });
  }
  return whole.labels;
}

/** Room around the lungs for closing. */
const MARGIN_VOXELS = 4;

/**
 * Both lungs with their vessels, split by side, from the air that `lungAir` found; undefined where there is none.
 * All masks lie on one patient grid.
 */
export async function segmentLungs(
  wholeBody: Mask,
  wholeAir: Mask,
  wholeAirways: Mask | undefined,
): Promise<Lungs | undefined> {
  const around = boundingBox(wholeAir);
  if (around === undefined) return undefined;
  const box = growBox(around, [MARGIN_VOXELS, MARGIN_VOXELS, MARGIN_VOXELS], wholeAir);
  const body = crop(wholeBody, box);
  const airways = wholeAirways === undefined ? undefined : crop(wholeAirways, box);
  const pipes = airways === undefined ? undefined : await dilate(airways, { radiusMm: body.spacingMm[0] });
  const air = maskWhere(crop(wholeAir, box), (inside, n) => inside !== 0 && (pipes?.data[n] ?? 0) === 0);
  const mid = midline(body, air);
  const labels = await cutParts(air, mid);
  const { isRight, findings } = sidesOf(labels, mid);
  const close = async (mask: Mask) => {
    const closed = await closing(mask, { radiusMm: CLOSING_MM });
    return maskWithin(closed, (n) => body.data[n] !== 0 && (airways?.data[n] ?? 0) === 0);
  };
  const right = await close(maskWithin(air, (n) => isRight(n)));
  const left = await close(maskWithin(air, (n) => !isRight(n)));
  for (let n = 0; n < left.data.length; n++) if (right.data[n] !== 0) left.data[n] = 0;
  const whole = { start: box.start.map((from) => -from) as unknown as Vec3, size: wholeAir.size };
  return { right: pad(right, whole, 0), left: pad(left, whole, 0), findings };
}

/** Which side each labelled part belongs to; parts across the midline are divided at it, and that is said. */
function sidesOf(labels: Volume<Int32Array>, mid: number) {
  const sides = new Map<number, { right: number; all: number }>();
  const [nx] = labels.size;
  for (let n = 0; n < labels.data.length; n++) {
    const label = labels.data[n]!;
    if (label === 0) continue;
    const side = sides.get(label) ?? { right: 0, all: 0 };
    if (n % nx < mid) side.right++;
    side.all++;
    sides.set(label, side);
  }
  const findings: string[] = [];
  for (const side of sides.values()) {
    const share = side.right / side.all;
    if (share > 0.15 && share < 0.85 && ml(labels, side.all) > 500)
      findings.push('left and right lung could not be parted everywhere');
  }
  const isRight = (n: number): boolean => {
    const side = sides.get(labels.data[n]!);
    // Small pieces that no cut part reaches go by their own side.
    if (side === undefined) return n % nx < mid;
    const share = side.right / side.all;
    return share > 0.15 && share < 0.85 ? n % nx < mid : share >= 0.5;
  };
  return { isRight, findings };
}

import {
  boundingBox,
  components,
  distanceTransform,
  emptyVolume,
  erode,
  gaussian,
  growBox,
  labelMask,
  type Mask,
  maskWhere,
  maskWithin,
  type Volume,
  watershed,
} from '@photopeak/imaging';

const SEED_HU = 300;
const BONE_HU = 150;
/** Spongy bone lies this near to dense bone; contrast in a vessel beside a vertebra must not flow further. */
const REACH_MM = 10;
const SMALLEST_ML = 0.3;
/** Contrast medium in a bladder or bowel: thick, even, not joined to the skeleton. */
const CONTRAST_CORE_MM = 6;
const CONTRAST_CORE_SHARE = 0.25;
const CONTRAST_LARGEST_CV = 0.15;
/** A kidney full of contrast medium: sizeable and, unlike any bone, without a dense voxel worth the name. */
const CONTRAST_ORGAN_ML = 8;
const CONTRAST_ORGAN_MEAN_HU = 240;
const DENSE_HU = 360;
const DENSE_SHARE = 0.05;

/** Contrast medium in a great vessel beside the spine: bright, thick, even, and darker around. */
const VESSEL_CORE_MM = 4;
const VESSEL_EVEN_MM = 3;
const VESSEL_HU = 230;
const VESSEL_LARGEST_SD = 24;
/** From the even core of a vessel to its edge, and the shell beyond. */
const VESSEL_EDGE_MM = 9;
const VESSEL_SHELL_MM = 5;
const VESSEL_DARKER_SHELL = 0.75;
const VESSEL_SMALLEST_ML = 0.5;
/** A vessel goes on where the mean around a voxel differs by no more than this share and is fairly even. */
const VESSEL_SAME_SHARE = 0.13;
const VESSEL_FOLLOWED_SD = 60;
/** From what was followed to the edge; what is denser than this share of the vessel there is bone. */
const VESSEL_RIM_MM = 7;
const VESSEL_DENSER = 1.1;

export interface Bones {
  readonly mask: Mask;
  readonly findings: readonly string[];
}

/**
 * Blood full of contrast medium that is brighter than the seeds of bone. The middle of a vertebra can be as bright and
 * as even, but its rim is denser; around a vessel lies something darker.
 */
async function brightVessels(ct: Volume, candidate: Mask): Promise<Mask | undefined> {
  const core = await erode(candidate, { radiusMm: VESSEL_CORE_MM });
  const bright = maskWithin(core, (n) => ct.data[n]! > VESSEL_HU);
  if (boundingBox(bright) === undefined) return undefined;
  const mean = await gaussian(ct, { sigmaMm: VESSEL_EVEN_MM });
  const squares = emptyVolume(ct, 'float32', '1');
  for (let n = 0; n < squares.data.length; n++) squares.data[n] = ct.data[n]! ** 2;
  const meanSquare = await gaussian(squares, { sigmaMm: VESSEL_EVEN_MM });
  const parts = await components(
    maskWithin(bright, (n) => meanSquare.data[n]! - mean.data[n]! ** 2 < VESSEL_LARGEST_SD ** 2),
    { connectivity: 6 },
  );
  const voxelMl = (ct.spacingMm[0] * ct.spacingMm[1] * ct.spacingMm[2]) / 1000;
  const large = parts.sizes.map((size) => size * voxelMl >= VESSEL_SMALLEST_ML);
  if (!large.includes(true)) return undefined;
  const cores = labelMask(parts.labels, large);
  const away = await distanceTransform(cores);
  const box = growBox(boundingBox(cores)!, [6, 6, 6], ct);
  const [nx, ny] = ct.size;
  const sums = parts.sizes.map(() => ({ sum: 0, count: 0, shell: 0, shellCount: 0 }));
  // The shell of a part: what lies just beyond the edge that erosion took away; charged to the nearest part.
  const nearest = await watershed(away, parts.labels, {
    mask: maskWhere(away, (mm) => mm <= VESSEL_EDGE_MM + VESSEL_SHELL_MM),
  });
  for (let k = box.start[2]; k < box.start[2] + box.size[2]; k++)
    for (let j = box.start[1]; j < box.start[1] + box.size[1]; j++)
      for (let i = box.start[0]; i < box.start[0] + box.size[0]; i++) {
        const n = i + nx * (j + ny * k);
        const label = nearest.data[n]!;
        if (label === 0 || !large[label - 1]) continue;
        const part = sums[label - 1]!;
        const hu = ct.data[n]!;
        if (cores.data[n] !== 0) {
          part.sum += hu;
          part.count++;
        } else if (away.data[n]! > VESSEL_EDGE_MM) {
          part.shell += hu;
          part.shellCount++;
        }
      }
  const isVessel = sums.map(
    ({ sum, count, shell, shellCount }) =>
      count > 0 && shell / Math.max(1, shellCount) < VESSEL_DARKER_SHELL * (sum / count),
  );
  if (!isVessel.includes(true)) return undefined;
  const sure = maskWhere(
    nearest,
    (label, n) =>
      label > 0 && isVessel[label - 1]! && away.data[n]! <= VESSEL_EDGE_MM && candidate.data[n] !== 0,
  );
  const { sum, count } = sums.filter((_, n) => isVessel[n]).reduce((a, b) => (b.count > a.count ? b : a));
  return followVessels(candidate, sure, sum / count, mean, meanSquare);
}

/**
 * Where a vessel lies against a vertebra its middle is too narrow to be even, but it has the HU of the vessel that it
 * continues, that of the largest; the rim of bone has that HU too, on its way to something else, and is not even at all.
 */
async function followVessels(
  candidate: Mask,
  sure: Mask,
  hu: number,
  mean: Volume,
  meanSquare: Volume,
): Promise<Mask> {
  const middle = maskWhere(
    candidate,
    (inside, n) =>
      inside !== 0 &&
      (sure.data[n] !== 0 ||
        (Math.abs(mean.data[n]! - hu) < VESSEL_SAME_SHARE * hu &&
          meanSquare.data[n]! - mean.data[n]! ** 2 < VESSEL_FOLLOWED_SD ** 2)),
  );
  const { labels, sizes } = await components(middle, { connectivity: 18 });
  const isSure = sizes.map(() => false);
  for (let n = 0; n < labels.data.length; n++)
    if (sure.data[n] !== 0 && labels.data[n]! > 0) isSure[labels.data[n]! - 1] = true;
  const followed = labelMask(labels, isSure);
  const toVessel = await distanceTransform(followed);
  return maskWhere(
    candidate,
    (inside, n) =>
      inside !== 0 &&
      (followed.data[n] !== 0 || (toVessel.data[n]! <= VESSEL_RIM_MM && mean.data[n]! < VESSEL_DENSER * hu)),
  );
}

/** The next vertebra lies within this distance above or below, over this share of the outline. */
const STACK_MM = 15;
const STACK_SHARE = 0.4;

/**
 * Vertebrae without a dense voxel worth the name (thick slices of porous bone) look like an organ full of contrast
 * medium. But they stand in a stack: bone lies right above or below. Changes `keep`.
 */
function keepStacked(labels: Volume, keep: boolean[], doubtful: ReadonlySet<number>): void {
  const voxels = new Map([...doubtful].map((label) => [label, [] as number[]]));
  for (let n = 0; n < labels.data.length; n++) voxels.get(labels.data[n]!)?.push(n);
  const perSlice = labels.size[0] * labels.size[1];
  const reach = Math.ceil(STACK_MM / labels.spacingMm[2]);
  const isBone = (n: number) => labels.data[n]! > 0 && keep[labels.data[n]! - 1]!;
  const isStacked = (inside: readonly number[], step: number) => {
    const columns = new Map<number, number>();
    for (const n of inside) {
      const column = n % perSlice;
      const end = columns.get(column);
      if (end === undefined || (n - end) * step > 0) columns.set(column, n);
    }
    let continued = 0;
    for (const end of columns.values())
      for (let k = 1; k <= reach; k++) {
        const n = end + step * k * perSlice;
        if (n < 0 || n >= labels.data.length || !isBone(n)) continue;
        continued++;
        break;
      }
    return continued >= STACK_SHARE * columns.size;
  };
  let isChanged = true;
  while (isChanged) {
    isChanged = false;
    for (const [label, inside] of voxels) {
      if (!isStacked(inside, 1) && !isStacked(inside, -1)) continue;
      keep[label - 1] = true;
      voxels.delete(label);
      isChanged = true;
    }
  }
}

/** Bone by two thresholds, without separate pools of contrast medium. `ct` lies on a patient grid. */
export async function segmentBones(ct: Volume, body: Mask): Promise<Bones> {
  const seeds = maskWhere(ct, (hu, n) => hu > SEED_HU && body.data[n] !== 0);
  const near = await distanceTransform(seeds);
  const dense = maskWhere(ct, (hu, n) => hu > BONE_HU && body.data[n] !== 0 && near.data[n]! <= REACH_MM);
  const vessels = await brightVessels(ct, dense);
  const candidate = vessels === undefined ? dense : maskWithin(dense, (n) => vessels.data[n] === 0);
  const parts = await components(candidate, { connectivity: 18 });
  const core = await erode(candidate, { radiusMm: CONTRAST_CORE_MM });
  const count = new Float64Array(parts.count + 1);
  const sum = new Float64Array(parts.count + 1);
  const squares = new Float64Array(parts.count + 1);
  const denseVoxels = new Float64Array(parts.count + 1);
  const total = new Float64Array(parts.count + 1);
  for (let n = 0; n < ct.data.length; n++) {
    const label = parts.labels.data[n]!;
    if (label === 0) continue;
    const hu = ct.data[n]!;
    total[label]! += hu;
    if (hu > DENSE_HU) denseVoxels[label]!++;
    if (core.data[n] === 0) continue;
    count[label]!++;
    sum[label]! += hu;
    squares[label]! += hu * hu;
  }
  const voxelMl = (ct.spacingMm[0] * ct.spacingMm[1] * ct.spacingMm[2]) / 1000;
  const doubtful = new Set<number>();
  const keep = parts.sizes.map((size, n) => {
    if (size * voxelMl < SMALLEST_ML) return false;
    const inCore = count[n + 1]!;
    const mean = sum[n + 1]! / Math.max(1, inCore);
    const cv = Math.sqrt(Math.max(0, squares[n + 1]! / Math.max(1, inCore) - mean * mean)) / mean;
    // Bone is densest at its rim, fluid in its middle.
    const rim = (total[n + 1]! - sum[n + 1]!) / Math.max(1, size - inCore);
    const pool = inCore / size >= CONTRAST_CORE_SHARE && cv <= CONTRAST_LARGEST_CV && rim < mean;
    const organ =
      size * voxelMl >= CONTRAST_ORGAN_ML &&
      total[n + 1]! / size < CONTRAST_ORGAN_MEAN_HU &&
      denseVoxels[n + 1]! / size < DENSE_SHARE;
    if (organ && !pool) doubtful.add(n + 1);
    return !(pool || organ);
  });
  keepStacked(parts.labels, keep, doubtful);
  let contrastMl = 0;
  parts.sizes.forEach((size, n) => {
    if (size * voxelMl >= SMALLEST_ML && !keep[n]) contrastMl += size * voxelMl;
  });
  return {
    mask: labelMask(parts.labels, keep),
    findings:
      contrastMl > 1
        ? [`${contrastMl.toFixed(0)} ml of dense but even tissue or fluid taken as contrast medium, not bone`]
        : [],
  };
}

import { components, distanceTransform, erode, type Mask, maskWhere, type Volume } from '@photopeak/imaging';

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

export interface Bones {
  readonly mask: Mask;
  readonly findings: readonly string[];
}

/** Bone by two thresholds, without separate pools of contrast medium. `ct` lies on a patient grid. */
export async function segmentBones(ct: Volume, body: Mask): Promise<Bones> {
  const seeds = maskWhere(ct, (hu, n) => hu > SEED_HU && body.data[n] !== 0);
  const near = await distanceTransform(seeds);
  const candidate = maskWhere(ct, (hu, n) => hu > BONE_HU && body.data[n] !== 0 && near.data[n]! <= REACH_MM);
  const parts = await components(candidate, { connectivity: 18 });
  const core = await erode(candidate, { radiusMm: CONTRAST_CORE_MM });
  const count = new Float64Array(parts.count + 1);
  const sum = new Float64Array(parts.count + 1);
  const squares = new Float64Array(parts.count + 1);
  const dense = new Float64Array(parts.count + 1);
  const total = new Float64Array(parts.count + 1);
  for (let n = 0; n < ct.data.length; n++) {
    const label = parts.labels.data[n]!;
    if (label === 0) continue;
    const hu = ct.data[n]!;
    total[label]! += hu;
    if (hu > DENSE_HU) dense[label]!++;
    if (core.data[n] === 0) continue;
    count[label]!++;
    sum[label]! += hu;
    squares[label]! += hu * hu;
  }
  const voxelMl = (ct.spacingMm[0] * ct.spacingMm[1] * ct.spacingMm[2]) / 1000;
  let contrastMl = 0;
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
      dense[n + 1]! / size < DENSE_SHARE;
    if (pool || organ) contrastMl += size * voxelMl;
    return !(pool || organ);
  });
  return {
    mask: maskWhere(parts.labels, (label) => label > 0 && keep[label - 1]!),
    findings:
      contrastMl > 1
        ? [`${contrastMl.toFixed(0)} ml of dense but even tissue or fluid taken as contrast medium, not bone`]
        : [],
  };
}

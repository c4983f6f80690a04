import { type Mat4, multiply, type Volume, worldToVoxel } from '@photopeak/imaging';
import { BINS, type BinMap, binOf } from './intensity.ts';

/** Points of the fixed image at which the two images are compared. */
export interface Samples {
  readonly count: number;
  /** LPS mm, x y z of each point. */
  readonly position: Float64Array;
  /** Place of the fixed value among the bins. */
  readonly fixedBin: Float32Array;
}

/** Below this share of the samples inside the moving image nothing is compared. */
const SMALLEST_OVERLAP = 0.2;

export interface Similarity {
  /**
   * Normalised mutual information (Studholme 1999), (H(F) + H(M)) / H(F, M), in 1 … 2; 0 where the images hardly
   * overlap. `pull` maps points of the fixed image to points of the moving image.
   */
  evaluate(pull: Mat4): number;
  /** Number of evaluations so far. */
  readonly evaluations: number;
}

function entropy(histogram: Float64Array, total: number): number {
  let sum = 0;
  for (let n = 0; n < histogram.length; n++) {
    const share = histogram[n]! / total;
    if (share > 0) sum -= share * Math.log(share);
  }
  return sum;
}

/** Compares at fixed points; both images spread a value linearly over two neighbouring bins. */
export function similarity(samples: Samples, moving: Volume, map: BinMap): Similarity {
  const joint = new Float64Array(BINS * BINS);
  const fixedMarginal = new Float64Array(BINS);
  const movingMarginal = new Float64Array(BINS);
  const toMovingVoxel = worldToVoxel(moving);
  const [nx, ny, nz] = moving.size;
  const data = moving.data;
  const sx = nx > 1 ? 1 : 0;
  const sy = ny > 1 ? nx : 0;
  const sz = nz > 1 ? nx * ny : 0;
  const lastX = Math.max(0, nx - 2);
  const lastY = Math.max(0, ny - 2);
  const lastZ = Math.max(0, nz - 2);
  let evaluations = 0;

  function fill(pull: Mat4): number {
    const [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3] = multiply(toMovingVoxel, pull);
    joint.fill(0);
    let compared = 0;
    const { position, fixedBin } = samples;
    for (let n = 0, p = 0; n < samples.count; n++, p += 3) {
      const px = position[p]!;
      const py = position[p + 1]!;
      const pz = position[p + 2]!;
      const x = a0 * px + a1 * py + a2 * pz + a3;
      const y = b0 * px + b1 * py + b2 * pz + b3;
      const z = c0 * px + c1 * py + c2 * pz + c3;
      if (!(x >= -0.5 && y >= -0.5 && z >= -0.5 && x <= nx - 0.5 && y <= ny - 0.5 && z <= nz - 0.5)) continue;
      const ix = x < 0 ? 0 : Math.min(x | 0, lastX);
      const iy = y < 0 ? 0 : Math.min(y | 0, lastY);
      const iz = z < 0 ? 0 : Math.min(z | 0, lastZ);
      const fx = Math.min(1, Math.max(0, x - ix));
      const fy = Math.min(1, Math.max(0, y - iy));
      const fz = Math.min(1, Math.max(0, z - iz));
      const at = ix + nx * (iy + ny * iz);
      const v000 = data[at]!;
      const v010 = data[at + sy]!;
      const v001 = data[at + sz]!;
      const v011 = data[at + sz + sy]!;
      const v00 = v000 + (data[at + sx]! - v000) * fx;
      const v10 = v010 + (data[at + sy + sx]! - v010) * fx;
      const v01 = v001 + (data[at + sz + sx]! - v001) * fx;
      const v11 = v011 + (data[at + sz + sy + sx]! - v011) * fx;
      const v0 = v00 + (v10 - v00) * fy;
      const bin = binOf(map, v0 + (v01 + (v11 - v01) * fy - v0) * fz);
      const movingCell = Math.min(bin | 0, BINS - 2);
      const movingShare = bin - movingCell;
      const fixed = fixedBin[n]!;
      const fixedCell = Math.min(fixed | 0, BINS - 2);
      const upper = fixed - fixedCell;
      const lower = 1 - upper;
      const cell = fixedCell * BINS + movingCell;
      joint[cell]! += lower * (1 - movingShare);
      joint[cell + 1]! += lower * movingShare;
      joint[cell + BINS]! += upper * (1 - movingShare);
      joint[cell + BINS + 1]! += upper * movingShare;
      compared++;
    }
    return compared;
  }

  return {
    get evaluations() {
      return evaluations;
    },
    evaluate(pull) {
      evaluations++;
      const total = fill(pull);
      if (total === 0 || total < SMALLEST_OVERLAP * samples.count) return 0;
      fixedMarginal.fill(0);
      movingMarginal.fill(0);
      for (let f = 0; f < BINS; f++)
        for (let m = 0; m < BINS; m++) {
          const value = joint[f * BINS + m]!;
          fixedMarginal[f]! += value;
          movingMarginal[m]! += value;
        }
      const together = entropy(joint, total);
      if (together <= 0) return 0;
      return (entropy(fixedMarginal, total) + entropy(movingMarginal, total)) / together;
    },
  };
}

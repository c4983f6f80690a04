import {
  distanceTransform,
  emptyVolume,
  gaussian,
  invertMask,
  type Mask,
  type Volume,
} from '@photopeak/imaging';

/** What speaks for and against a fissure in each voxel of a frame. */
export interface Evidence {
  /** How far the voxel lies inside the lung, mm; 0 outside. */
  readonly depthMm: Float32Array;
  /** How much the voxel looks like a part of a bright sheet across w: 0 to 1, 1 for the clearest 2 % of the lung. */
  readonly sheet: Float32Array;
  /** Part of the surroundings that is vessel. */
  readonly vessels: Float32Array;
}

const SIGMA_MM = 1.5;
const VESSEL_SIGMA_MM = 3;
/** Over the lung around it; a sheet thinner than a voxel stays below, vessels are cut off here. */
const VESSEL_HU = 250;
/** The chest wall, the heart and the dome are sheets too. */
const BORDER_MM = 5;
const CLEAR_SHARE = 0.02;

/** Median of the voxels inside. */
function usualHu(values: Float32Array, inside: Mask): number {
  const bins = new Float64Array(1024);
  let count = 0;
  for (let n = 0; n < values.length; n++) {
    if (inside.data[n] === 0) continue;
    bins[Math.min(1023, Math.max(0, Math.round(values[n]! + 1024)))]!++;
    count++;
  }
  let seen = 0;
  const bin = bins.findIndex((one) => {
    seen += one;
    return seen >= count / 2;
  });
  return bin - 1024;
}

/**
 * Sheets by the Hessian of the blurred CT: a bright sheet has one strong negative curvature, across it, where a vessel
 * has two. With the trace t and the sum m of the principal minors, m / t² is 0 for a sheet, 1/4 for a tube.
 */
export async function fissureEvidence(ct: Volume<Float32Array>, lung: Mask): Promise<Evidence> {
  const usual = usualHu(ct.data, lung);
  const filled = emptyVolume(ct, 'float32', ct.unit);
  const vessel = emptyVolume(ct, 'float32', '1');
  const brightest = usual + VESSEL_HU;
  for (let n = 0; n < ct.data.length; n++) {
    const hu = ct.data[n]!;
    filled.data[n] = lung.data[n] === 0 ? usual : Math.min(hu, brightest);
    vessel.data[n] = lung.data[n] !== 0 && hu > brightest ? 1 : 0;
  }
  const smooth = (await gaussian(filled, { sigmaMm: SIGMA_MM })).data;
  const vessels = (await gaussian(vessel, { sigmaMm: VESSEL_SIGMA_MM })).data;
  const depth = (await distanceTransform(invertMask(lung))).data;
  const sheet = new Float32Array(ct.data.length);
  const [nx, ny, nz] = ct.size;
  const [sx, sy, sz] = [1, nx, nx * ny];
  for (let k = 1; k < nz - 1; k++)
    for (let j = 1; j < ny - 1; j++)
      for (let i = 1; i < nx - 1; i++) {
        const n = i + nx * j + sz * k;
        if (depth[n]! < BORDER_MM) continue;
        const f = smooth[n]!;
        const ww = smooth[n + sz]! + smooth[n - sz]! - 2 * f;
        if (ww >= 0) continue;
        const uu = smooth[n + sx]! + smooth[n - sx]! - 2 * f;
        const vv = smooth[n + sy]! + smooth[n - sy]! - 2 * f;
        const uv =
          (smooth[n + sx + sy]! + smooth[n - sx - sy]! - smooth[n + sx - sy]! - smooth[n - sx + sy]!) / 4;
        const uw =
          (smooth[n + sx + sz]! + smooth[n - sx - sz]! - smooth[n + sx - sz]! - smooth[n - sx + sz]!) / 4;
        const vw =
          (smooth[n + sy + sz]! + smooth[n - sy - sz]! - smooth[n + sy - sz]! - smooth[n - sy + sz]!) / 4;
        const trace = uu + vv + ww;
        if (trace >= 0) continue;
        const minors = uu * vv + uu * ww + vv * ww - uv * uv - uw * uw - vw * vw;
        const flat = 1 - (4 * Math.abs(minors)) / (trace * trace);
        // Other fissures cross at an angle: of a sheet tilted by 40° a third is left.
        if (flat > 0) sheet[n] = -ww * flat * Math.min(1, ww / trace);
      }
  scaleToClearest(sheet, depth);
  for (let n = 0; n < depth.length; n++) if (lung.data[n] === 0) depth[n] = 0;
  return { depthMm: depth, sheet, vessels };
}

/** Scales the responses so that the clearest share of the lung reaches 1. */
function scaleToClearest(sheet: Float32Array, depth: Float32Array): void {
  let most = 0;
  let count = 0;
  for (let n = 0; n < sheet.length; n++) {
    if (depth[n]! < BORDER_MM) continue;
    count++;
    most = Math.max(most, sheet[n]!);
  }
  if (most === 0) return;
  const bins = new Float64Array(4096);
  for (const value of sheet) if (value > 0) bins[Math.min(4095, Math.floor((4096 * value) / most))]!++;
  let seen = 0;
  let bin = 4095;
  while (bin > 0 && seen + bins[bin]! < CLEAR_SHARE * count) seen += bins[bin--]!;
  const clear = ((bin + 1) * most) / 4096;
  for (let n = 0; n < sheet.length; n++) sheet[n] = Math.min(1, sheet[n]! / clear);
}

import { type Vec3, type Volume, voxelToWorld } from '@photopeak/imaging';

/** Between air and fat. */
const CT_BODY_HU = -300;

/** The value that separates the body from the air around it: Otsu's threshold on the root of the value for PET. */
export function foregroundThreshold(volume: Volume): number {
  if (volume.unit === "[hnsf'U]") return CT_BODY_HU;
  const sample: number[] = [];
  const stride = Math.max(1, Math.floor(volume.data.length / 200_000));
  for (let n = 0; n < volume.data.length; n += stride) {
    const value = volume.data[n]!;
    sample.push(value > 0 ? Math.sqrt(value) : 0);
  }
  const sorted = Float64Array.from(sample).sort();
  // The hottest organs would pull the threshold into the body.
  const cap = sorted[Math.floor(0.9 * sorted.length)]! || sorted.at(-1)! || 1;
  const bins = 128;
  const histogram = new Float64Array(bins);
  for (const value of sample) histogram[Math.min(bins - 1, Math.floor((value / cap) * (bins - 1)))]!++;
  let total = 0;
  let moment = 0;
  for (let n = 0; n < bins; n++) {
    total += histogram[n]!;
    moment += n * histogram[n]!;
  }
  let below = 0;
  let belowMoment = 0;
  let best = -1;
  let threshold = 0;
  for (let n = 0; n < bins - 1; n++) {
    below += histogram[n]!;
    belowMoment += n * histogram[n]!;
    const above = total - below;
    if (below === 0 || above === 0) continue;
    const spread = below * above * (belowMoment / below - (moment - belowMoment) / above) ** 2;
    if (spread > best) {
      best = spread;
      threshold = n;
    }
  }
  return (((threshold + 1) / (bins - 1)) * cap) ** 2;
}

export interface Foreground {
  /** 1 inside the body, falling to 0 over `BORDER_MM` around it. */
  readonly weight: Volume<Float32Array>;
  /** Centre of mass of the body, LPS mm. */
  readonly centre: Vec3;
  /** Box of the body along the patient's axes, LPS mm. */
  readonly low: Vec3;
  readonly high: Vec3;
  readonly voxels: number;
}

/** Air just outside the skin tells where the skin is; air further away tells nothing. */
export const BORDER_MM = 20;

function spread(weight: Float32Array, start: number, step: number, length: number, fall: number): void {
  let carried = 0;
  for (let n = 0, at = start; n < length; n++, at += step) {
    carried = Math.max(carried - fall, weight[at]!);
    weight[at] = carried;
  }
  carried = 0;
  for (let n = length - 1, at = start + (length - 1) * step; n >= 0; n--, at -= step) {
    carried = Math.max(carried - fall, weight[at]!);
    weight[at] = carried;
  }
}

/** The body of a small working volume as a soft mask. */
export function foregroundOf(volume: Volume): Foreground {
  const threshold = foregroundThreshold(volume);
  const weight = new Float32Array(volume.data.length);
  const m = voxelToWorld(volume);
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  const sum: [number, number, number] = [0, 0, 0];
  const [nx, ny, nz] = volume.size;
  let voxels = 0;
  let index = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, index++) {
        if (!(volume.data[index]! > threshold)) continue;
        weight[index] = 1;
        voxels++;
        for (let axis = 0; axis < 3; axis++) {
          const row = 4 * axis;
          const mm = m[row]! * i + m[row + 1]! * j + m[row + 2]! * k + m[row + 3]!;
          sum[axis]! += mm;
          if (mm < low[axis]!) low[axis] = mm;
          if (mm > high[axis]!) high[axis] = mm;
        }
      }
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) spread(weight, nx * (j + ny * k), 1, nx, volume.spacingMm[0] / BORDER_MM);
  for (let k = 0; k < nz; k++)
    for (let i = 0; i < nx; i++) spread(weight, i + nx * ny * k, nx, ny, volume.spacingMm[1] / BORDER_MM);
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++) spread(weight, i + nx * j, nx * ny, nz, volume.spacingMm[2] / BORDER_MM);
  return {
    weight: { ...volume, data: weight, unit: '1' },
    centre: sum.map((value) => value / Math.max(1, voxels)) as unknown as Vec3,
    low,
    high,
    voxels,
  };
}

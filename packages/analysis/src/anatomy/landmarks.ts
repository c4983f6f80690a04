import type { Grid } from '@photopeak/imaging';
import type { FusedAnatomy } from './fused.ts';
import { ANATOMY_LABELS } from './labels.ts';

/** What orients in a body, per axial slice of the fused grid; NaN where it is not seen. Positions in mm, LPS. */
export interface Landmarks {
  /** Middle of the body from right to left. */
  readonly midX: Float64Array;
  /** Front (smallest y) and back of the body. */
  readonly frontY: Float64Array;
  readonly backY: Float64Array;
  /** Middle of the vertebra from right to left and its front edge. */
  readonly spineX: Float64Array;
  readonly spineFrontY: Float64Array;
  /** Height of the lungs; undefined without lungs. `base` is the lowest lung, `dome` the top of the right diaphragm. */
  readonly lungs: { readonly apexZ: number; readonly baseZ: number; readonly domeZ: number } | undefined;
  /** Height below which the body is two legs; undefined where the scan ends above. */
  readonly crotchZ: number | undefined;
  readonly topZ: number;
  readonly bottomZ: number;
}

const SPINE_REACH_MM = 45;
/** The vertebrae lie in the rear part of the trunk. */
const REAR_SHARE = 0.4;
const SMOOTH_MM = 20;

export function sliceZ(grid: Grid, k: number): number {
  return grid.origin[2] + k * grid.spacingMm[2];
}

function smoothed(values: Float64Array, radius: number): Float64Array {
  return values.map((_, k) => {
    const near = [...values.subarray(Math.max(0, k - radius), k + radius + 1)].filter(
      (v) => !Number.isNaN(v),
    );
    if (near.length === 0) return Number.NaN;
    near.sort((a, b) => a - b);
    return near[near.length >> 1]!;
  });
}

/** Slice below which two separate halves lie side by side with a gap at the midline. */
function findCrotch(fused: Pick<FusedAnatomy, 'labels'>, midX: Float64Array): number | undefined {
  const { labels } = fused;
  const [nx, ny, nz] = labels.size;
  let open = 0;
  for (let k = 0; k < nz; k++) {
    if (Number.isNaN(midX[k]!)) continue;
    const mid = Math.round((midX[k]! - labels.origin[0]) / labels.spacingMm[0]);
    let gap = false;
    for (let i = mid - 5; i <= mid + 5 && !gap; i++) {
      if (i < 0 || i >= nx) continue;
      let tissue = 0;
      for (let j = 0; j < ny; j++) if (labels.data[i + nx * (j + ny * k)] !== 0) tissue++;
      gap = tissue * labels.spacingMm[1] < 15;
    }
    if (gap) open++;
    else return open >= 3 ? sliceZ(labels, k) : undefined;
  }
  return undefined;
}

function findLungs(fused: Pick<FusedAnatomy, 'labels'>) {
  const { labels } = fused;
  const [nx, ny, nz] = labels.size;
  const perSlice = new Float64Array(nz);
  const floor = new Map<number, number>();
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const label = labels.data[n]!;
        if (label !== ANATOMY_LABELS.lungRight && label !== ANATOMY_LABELS.lungLeft) continue;
        perSlice[k]!++;
        const column = i + nx * j;
        if (label === ANATOMY_LABELS.lungRight && !floor.has(column)) floor.set(column, k);
      }
  const voxelMm2 = labels.spacingMm[0] * labels.spacingMm[1];
  const filled = [...perSlice.keys()].filter((k) => perSlice[k]! * voxelMm2 > 300);
  if (filled.length === 0) return undefined;
  const floors = [...floor.values()].sort((a, b) => a - b);
  return {
    apexZ: sliceZ(labels, filled.at(-1)!),
    baseZ: sliceZ(labels, filled[0]!),
    domeZ: sliceZ(labels, floors[Math.floor(0.9 * floors.length)] ?? filled[0]!),
  };
}

export function findLandmarks(fused: Pick<FusedAnatomy, 'labels'>): Landmarks {
  const { labels } = fused;
  const [nx, ny, nz] = labels.size;
  const empty = () => new Float64Array(nz).fill(Number.NaN);
  const midX = empty();
  const frontY = empty();
  const backY = empty();
  const spineX = empty();
  const spineFrontY = empty();
  const x = (i: number) => labels.origin[0] + i * labels.spacingMm[0];
  const y = (j: number) => labels.origin[1] + j * labels.spacingMm[1];
  let topZ = Number.NaN;
  let bottomZ = Number.NaN;
  for (let k = 0; k < nz; k++) {
    const base = nx * ny * k;
    let count = 0;
    let sum = 0;
    let front = ny;
    let back = -1;
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        if (labels.data[base + i + nx * j] === 0) continue;
        count++;
        sum += i;
        if (j < front) front = j;
        back = j;
      }
    if (count === 0) continue;
    midX[k] = x(sum / count);
    frontY[k] = y(front);
    backY[k] = y(back);
    topZ = sliceZ(labels, k);
    if (Number.isNaN(bottomZ)) bottomZ = topZ;
    const rear = front + REAR_SHARE * (back - front);
    let bone = 0;
    let boneX = 0;
    for (let j = Math.ceil(rear); j <= back; j++)
      for (let i = 0; i < nx; i++) {
        if (labels.data[base + i + nx * j] !== ANATOMY_LABELS.bone) continue;
        if (Math.abs(x(i) - midX[k]!) > SPINE_REACH_MM) continue;
        bone++;
        boneX += i;
      }
    if (bone < 8) continue;
    const centre = Math.round(boneX / bone);
    spineX[k] = x(boneX / bone);
    for (let j = Math.ceil(rear); j <= back && Number.isNaN(spineFrontY[k]!); j++) {
      let hits = 0;
      for (let i = Math.max(0, centre - 2); i <= Math.min(nx - 1, centre + 2); i++)
        if (labels.data[base + i + nx * j] === ANATOMY_LABELS.bone) hits++;
      if (hits >= 2) spineFrontY[k] = y(j);
    }
  }
  const radius = Math.round(SMOOTH_MM / labels.spacingMm[2]);
  return {
    midX: smoothed(midX, radius),
    frontY,
    backY,
    spineX: smoothed(spineX, radius),
    spineFrontY: smoothed(spineFrontY, radius),
    lungs: findLungs(fused),
    crotchZ: findCrotch(fused, midX),
    topZ,
    bottomZ,
  };
}

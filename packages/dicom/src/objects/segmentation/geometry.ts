import type { Grid, Mat3, Vec3 } from '@photopeak/imaging';

/** Where one frame lies. */
export interface FramePose {
  readonly position: Vec3;
  /** Image Orientation (Patient): row direction, column direction. */
  readonly orientation: readonly number[];
}

/** The parallel planes of an object's frames. */
export interface PlaneStack {
  readonly row: Vec3;
  readonly column: Vec3;
  readonly normal: Vec3;
  /** Distance between neighbouring pixels of a row, of a column, and between slices, in mm. */
  readonly spacingMm: Vec3;
  /** Distinct planes along the normal, ascending. */
  readonly planes: readonly { readonly offsetMm: number; readonly position: Vec3 }[];
  /** Plane of each frame. */
  readonly planeOfFrame: readonly number[];
  /** One even grid for all planes, absent where they are uneven or shifted against each other. */
  readonly grid: Grid | undefined;
  /** Why there is no grid. */
  readonly irregular: string | undefined;
}

const SAME_PLANE_MM = 0.01;
/** Deviation from an even grid that is put down to rounding, as a fraction of the spacing. */
const UNEVEN = 0.02;
const PARALLEL = 1e-3;
/** More slices than any study has: frames at such distances are not one volume. */
const MAX_SLICES = 65_536;

export const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Sorts frames into planes. Undefined when they are not parallel or have no position. */
export function stackPlanes(
  poses: readonly (FramePose | undefined)[],
  pixelSpacingMm: readonly [number, number],
  sliceSpacingMm: number | undefined,
  size: readonly [columns: number, rows: number],
): PlaneStack | undefined {
  const first = poses[0];
  if (first === undefined || first.orientation.length !== 6) return undefined;
  const row = first.orientation.slice(0, 3) as unknown as Vec3;
  const column = first.orientation.slice(3, 6) as unknown as Vec3;
  const normal: Vec3 = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ];
  if (Math.abs(Math.hypot(...normal) - 1) > PARALLEL) return undefined;
  const offsets: { frame: number; offsetMm: number; position: Vec3 }[] = [];
  for (const [frame, pose] of poses.entries()) {
    if (pose === undefined || pose.orientation.length !== 6) return undefined;
    if (pose.orientation.some((value, index) => Math.abs(value - first.orientation[index]!) > PARALLEL)) {
      return undefined;
    }
    offsets.push({ frame, offsetMm: dot(normal, pose.position), position: pose.position });
  }
  offsets.sort((a, b) => a.offsetMm - b.offsetMm);
  const planes: { offsetMm: number; position: Vec3 }[] = [];
  const planeOfFrame: number[] = [];
  for (const { frame, offsetMm, position } of offsets) {
    const last = planes.at(-1);
    if (last === undefined || offsetMm - last.offsetMm > SAME_PLANE_MM) planes.push({ offsetMm, position });
    planeOfFrame[frame] = planes.length - 1;
  }
  const step = sliceStep(planes, sliceSpacingMm);
  const spacingMm: Vec3 = [pixelSpacingMm[1], pixelSpacingMm[0], step];
  const irregular = irregularity(planes, step, row, column, spacingMm);
  const start = planes[0]!;
  const end = planes.at(-1)!;
  const direction: Mat3 = [
    row[0],
    column[0],
    normal[0],
    row[1],
    column[1],
    normal[1],
    row[2],
    column[2],
    normal[2],
  ];
  const grid: Grid | undefined =
    irregular === undefined
      ? {
          size: [size[0], size[1], Math.round((end.offsetMm - start.offsetMm) / step) + 1],
          spacingMm,
          origin: start.position,
          direction,
        }
      : undefined;
  return { row, column, normal, spacingMm, planes, planeOfFrame, grid, irregular };
}

/**
 * Spacing Between Slices where the planes lie on its raster (frames without pixels are left out of segmentations, so
 * the smallest gap may be several slices), else the smallest gap.
 */
function sliceStep(planes: readonly { offsetMm: number }[], declaredMm: number | undefined): number {
  const gaps = planes.slice(1).map((plane, index) => plane.offsetMm - planes[index]!.offsetMm);
  if (gaps.length === 0) return declaredMm !== undefined && declaredMm > 0 ? declaredMm : 1;
  const smallest = Math.min(...gaps);
  if (declaredMm !== undefined && declaredMm > 0) {
    const fits = gaps.every((gap) => {
      const steps = Math.round(gap / declaredMm);
      return steps >= 1 && Math.abs(gap - steps * declaredMm) <= UNEVEN * declaredMm * Math.sqrt(steps);
    });
    if (fits) {
      // The declared value is often rounded; the planes tell the exact one.
      const extent = planes.at(-1)!.offsetMm - planes[0]!.offsetMm;
      return extent / Math.round(extent / declaredMm);
    }
  }
  const extent = planes.at(-1)!.offsetMm - planes[0]!.offsetMm;
  return extent / Math.round(extent / smallest);
}

function irregularity(
  planes: readonly { offsetMm: number; position: Vec3 }[],
  step: number,
  row: Vec3,
  column: Vec3,
  spacingMm: Vec3,
): string | undefined {
  const first = planes[0]!;
  if ((planes.at(-1)!.offsetMm - first.offsetMm) / step > MAX_SLICES) return 'the planes are too far apart';
  for (const { offsetMm, position } of planes) {
    const steps = (offsetMm - first.offsetMm) / step;
    if (Math.abs(steps - Math.round(steps)) > UNEVEN * 2) return 'the planes are unevenly spaced';
    const shift: Vec3 = [
      position[0] - first.position[0],
      position[1] - first.position[1],
      position[2] - first.position[2],
    ];
    if (Math.abs(dot(shift, row)) > spacingMm[0] / 2 || Math.abs(dot(shift, column)) > spacingMm[1] / 2) {
      return 'the planes are shifted against each other';
    }
  }
  return undefined;
}

/** Index of the plane nearest to a position along the normal, undefined beyond half a slice. */
export function nearestPlane(stack: PlaneStack, offsetMm: number): number | undefined {
  const { planes } = stack;
  let low = 0;
  let high = planes.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (planes[middle]!.offsetMm <= offsetMm) low = middle;
    else high = middle;
  }
  const [below, above] = [planes[low]!, planes[high]!];
  const half = stack.spacingMm[2] / 2;
  const slack = stack.spacingMm[2] * 1e-4;
  // Half way between two planes the upper one is meant, as the half interval is closed at its lower end.
  const isAbove = Math.abs(above.offsetMm - offsetMm) <= Math.abs(below.offsetMm - offsetMm) + slack;
  const nearest = isAbove ? high : low;
  const distance = offsetMm - planes[nearest]!.offsetMm;
  return distance >= -half - slack && distance < half - slack ? nearest : undefined;
}

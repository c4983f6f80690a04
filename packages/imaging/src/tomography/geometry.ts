import { PhotopeakError } from '../errors.ts';
import type { Vec3 } from '../volume.ts';

/**
 * One view. Angles turn about the z axis of the volume: at angle 0 the central ray runs along +y and the detector's u
 * axis along +x; at angle β the central ray is (−sin β, cos β) and u is (cos β, sin β). All in mm from the axis of
 * rotation, which is x = y = 0.
 */
export interface ProjectionView {
  readonly angleRad: number;
  /** From the source to the axis (SAD); unused by parallel beams. */
  readonly sourceToAxisMm: number;
  /** From the source to the detector (SDD); unused by parallel beams. */
  readonly sourceToDetectorMm: number;
  /** On the detector, from the foot of the central ray to the centre of pixel (0, 0). On an arc along the arc. */
  readonly firstPixelMm: readonly [number, number];
  /** z of the source and of the foot of the central ray: 0 on a circle, rising along a helix. */
  readonly sourceZMm: number;
}

/**
 * How projections were taken. The columns of the detector are parallel to the axis of rotation; a detector that is
 * tilted against it must be corrected first.
 */
export interface ProjectionGeometry {
  /** The source at infinity; a flat detector; a detector on an arc around the source. */
  readonly shape: 'parallel' | 'flat' | 'arc';
  /** Whether rays diverge along the axis too (cone). If not, a row of the detector is a slice and v is z. */
  readonly divergesAlongAxis: boolean;
  /** Pixels along u (across the axis) and v (along it). */
  readonly detectorSize: readonly [number, number];
  /** Pitch of the pixels along u and v, mm on the detector. */
  readonly pixelMm: readonly [number, number];
  readonly views: readonly ProjectionView[];
}

/** Line integrals: u fastest, then v, then the view. */
export interface Projections {
  readonly geometry: ProjectionGeometry;
  readonly data: Float32Array;
}

const SHAPES = { parallel: 0, flat: 1, arc: 2 } as const;
/** Doubles of one view in kernels/tomography.c. */
export const VIEW_NUMBERS = 12;

/** The views as kernels/tomography.c reads them; `weight` says how much each counts in a backprojection. */
export function viewTable(
  geometry: ProjectionGeometry,
  indices: readonly number[],
  weight: (index: number) => number = () => 1,
): number[] {
  return indices.flatMap((index) => {
    const view = geometry.views[index]!;
    return [
      ...[Math.cos(view.angleRad), Math.sin(view.angleRad), view.sourceToAxisMm, view.sourceToDetectorMm],
      ...[view.firstPixelMm[0], geometry.pixelMm[0], view.firstPixelMm[1], geometry.pixelMm[1]],
      ...[view.sourceZMm, SHAPES[geometry.shape], geometry.divergesAlongAxis ? 1 : 0, weight(index)],
    ];
  });
}

/**
 * The ray through a place of the detector (pixels, not necessarily whole): a point on it, mm, and its direction, of length
 * 1. Where rays diverge the point is the source.
 */
export function rayThrough(
  geometry: ProjectionGeometry,
  view: ProjectionView,
  u: number,
  v: number,
): { readonly from: Vec3; readonly direction: Vec3 } {
  const across = view.firstPixelMm[0] + geometry.pixelMm[0] * u;
  const along = view.firstPixelMm[1] + geometry.pixelMm[1] * v;
  const [c, s] = [Math.cos(view.angleRad), Math.sin(view.angleRad)];
  if (geometry.shape === 'parallel') {
    return { from: [across * c, across * s, view.sourceZMm + along], direction: [-s, c, 0] };
  }
  const distance = view.sourceToDetectorMm;
  const [forward, side] =
    geometry.shape === 'flat'
      ? [distance, across]
      : [distance * Math.cos(across / distance), distance * Math.sin(across / distance)];
  const rise = geometry.divergesAlongAxis ? along : 0;
  const length = Math.hypot(forward, side, rise);
  return {
    from: [
      view.sourceToAxisMm * s,
      -view.sourceToAxisMm * c,
      view.sourceZMm + (geometry.divergesAlongAxis ? 0 : along),
    ],
    direction: [(side * c - forward * s) / length, (side * s + forward * c) / length, rise / length],
  };
}

function invalid(expected: string, found: string): PhotopeakError {
  return new PhotopeakError('the geometry of the projections is not valid', {
    code: 'TOMOGRAPHY_GEOMETRY',
    expected,
    found,
    remedy: 'check sizes, pitches, distances and angles of the geometry (docs/reconstruction.md)',
  });
}

/** Throws `TOMOGRAPHY_GEOMETRY` unless sizes are whole, pitches and distances positive and all numbers finite. */
export function checkProjectionGeometry(geometry: ProjectionGeometry): void {
  const { detectorSize, pixelMm, shape, divergesAlongAxis, views } = geometry;
  if (!detectorSize.every((n) => Number.isInteger(n) && n > 0))
    throw invalid('two whole detector sizes above zero', detectorSize.join(' × '));
  if (!pixelMm.every((mm) => Number.isFinite(mm) && mm > 0))
    throw invalid('two pixel pitches above zero mm', pixelMm.join(' × '));
  if (shape === 'parallel' && divergesAlongAxis)
    throw invalid('a parallel beam that does not diverge', 'divergesAlongAxis');
  if (views.length === 0) throw invalid('at least one view', 'none');
  for (const [index, view] of views.entries()) {
    const numbers = [view.angleRad, ...view.firstPixelMm, view.sourceZMm];
    if (!numbers.every(Number.isFinite))
      throw invalid('finite numbers', `${numbers.join(', ')} in view ${index}`);
    if (shape !== 'parallel' && !(view.sourceToAxisMm > 0 && view.sourceToDetectorMm > 0)) {
      throw invalid(
        'distances from the source above zero mm',
        `${view.sourceToAxisMm}, ${view.sourceToDetectorMm} in view ${index}`,
      );
    }
  }
}

/** Throws `TOMOGRAPHY_DATA_LENGTH` unless there is one number for each pixel of each view. */
export function checkProjections({ geometry, data }: Projections): void {
  checkProjectionGeometry(geometry);
  const [columns, rows] = geometry.detectorSize;
  const expected = columns * rows * geometry.views.length;
  if (data.length === expected) return;
  throw new PhotopeakError('projections and geometry do not fit together', {
    code: 'TOMOGRAPHY_DATA_LENGTH',
    expected: `${expected} values (${columns} × ${rows} pixels, ${geometry.views.length} views)`,
    found: `${data.length}`,
    remedy: 'check the detector size and the number of angles of the geometry',
  });
}

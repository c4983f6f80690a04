import { PhotopeakError, type ProjectionGeometry } from '@photopeak/imaging';

/** Which rays are measured twice, and so how much each counts. */
export type Scan =
  /** Every ray twice: a whole turn. */
  | 'full'
  /** Parallel beams over half a turn: every ray once. */
  | 'half'
  /** Less than a turn of a fan or cone: weights of Parker. */
  | 'short'
  /** A whole turn with a detector that reaches to one side only: weights of Wang. */
  | 'offset';

export interface ViewWeights {
  readonly scan: Scan;
  /** The angle that a view stands for, radians. */
  readonly angle: readonly number[];
  /** Share of the ray through column u (pixels) of a view in its line; lines sum to 1. */
  readonly share: (view: number, u: number) => number;
}

/** A detector counts as offset where its longer side exceeds the shorter by this share. */
const OFFSET_SHARE = 0.15;
/** A turn is whole where the gap at its end is at most so many steps. */
const WHOLE_TURN_STEPS = 1.75;

/** Angle across the fan of column u: on parallel beams the distance from the axis, mm. */
function fanPlace(geometry: ProjectionGeometry, view: number, u: number): number {
  const { firstPixelMm, sourceToDetectorMm } = geometry.views[view]!;
  const mm = firstPixelMm[0] + geometry.pixelMm[0] * u;
  if (geometry.shape === 'parallel') return mm;
  return geometry.shape === 'flat' ? Math.atan(mm / sourceToDetectorMm) : mm / sourceToDetectorMm;
}

/** Half the way from the neighbour before to the neighbour behind, on a circle where the turn is whole. */
function anglesStoodFor(sorted: readonly number[], whole: boolean): number[] {
  const n = sorted.length;
  if (n === 1) return [2 * Math.PI];
  return sorted.map((angle, index) => {
    const before = index > 0 ? sorted[index - 1]! : whole ? sorted[n - 1]! - 2 * Math.PI : undefined;
    const behind = index + 1 < n ? sorted[index + 1]! : whole ? sorted[0]! + 2 * Math.PI : undefined;
    if (before === undefined) return behind! - angle;
    if (behind === undefined) return angle - before;
    return (behind - before) / 2;
  });
}

/** Weights of D. L. Parker (Med Phys 9, 1982) for a scan of `range` from its first angle, any range of at least π + fan. */
function parker(angle: number, fan: number, range: number): number {
  const spare = (range - Math.PI) / 2;
  if (angle < 2 * (spare + fan)) return Math.sin(((Math.PI / 4) * angle) / (spare + fan)) ** 2;
  if (angle > Math.PI + 2 * fan) {
    return Math.sin(((Math.PI / 4) * (Math.PI + 2 * spare - angle)) / (spare - fan)) ** 2;
  }
  return 1;
}

/** Weights of G. Wang (Med Phys 29, 2002): from 0 to 1 across the part of the detector that both sides see. */
function wang(place: number, short: number, longIsPositive: boolean): number {
  const towards = longIsPositive ? place : -place;
  if (towards <= -short) return 0;
  if (towards >= short) return 1;
  return 0.5 * (Math.sin((Math.PI / 2) * (towards / short)) + 1);
}

/**
 * How much each ray counts. The kind of scan follows from the angles and the place of the detector unless `scan` states
 * it. Throws `RECONSTRUCTION_ANGLES` where the angles do not cover what is needed.
 */
export function viewWeights(geometry: ProjectionGeometry, stated?: Scan): ViewWeights {
  const { views, detectorSize, shape } = geometry;
  const order = views.map((_, index) => index).sort((a, b) => views[a]!.angleRad - views[b]!.angleRad);
  const sorted = order.map((index) => views[index]!.angleRad);
  const range = sorted.at(-1)! - sorted[0]!;
  const step = views.length > 1 ? range / (views.length - 1) : 0;
  const whole = range + WHOLE_TURN_STEPS * step >= 2 * Math.PI;
  const ends = [0, detectorSize[0] - 1].map((u) => fanPlace(geometry, 0, u)) as [number, number];
  const pitch = Math.abs(ends[1] - ends[0]) / Math.max(1, detectorSize[0] - 1);
  const [low, high] = [-ends[0] + pitch / 2, ends[1] + pitch / 2];
  const [short, long] = [Math.min(low, high), Math.max(low, high)];
  const offset = long - short > OFFSET_SHARE * long;
  const scan: Scan =
    stated ?? (whole ? (offset ? 'offset' : 'full') : shape === 'parallel' ? 'half' : 'short');

  const refuse = (expected: string) => {
    throw new PhotopeakError('the angles of the views do not cover the object', {
      code: 'RECONSTRUCTION_ANGLES',
      expected,
      found: `${views.length} views over ${((range * 180) / Math.PI).toFixed(1)}°`,
      remedy: 'check the angles of the geometry, or use an iterative method (os-sart, cgls, tv)',
    });
  };
  const covered = range + step;
  if ((scan === 'full' || scan === 'offset') && !whole) refuse('a whole turn');
  if (scan === 'half' && covered < Math.PI * 0.99) refuse('half a turn of parallel beams');
  if (scan === 'short' && covered < (Math.PI + 2 * long) * 0.99)
    refuse(`half a turn and the fan, ${(((Math.PI + 2 * long) * 180) / Math.PI).toFixed(1)}°`);
  if (scan === 'offset' && short <= 0) refuse('a detector that sees the axis of rotation');

  const stood = anglesStoodFor(sorted, whole);
  const angle = new Array<number>(views.length);
  for (const [place, index] of order.entries()) angle[index] = stood[place]!;
  // Half a turn of parallel beams is closed in itself: its last view neighbours its first, seen from behind.
  if (scan === 'half') for (const index of [order[0]!, order.at(-1)!]) angle[index] = step;
  const share = (view: number, u: number): number => {
    if (scan === 'half') return 1;
    if (scan === 'full') return 0.5;
    const place = fanPlace(geometry, view, u);
    if (scan === 'offset') return wang(place, short, high >= low);
    return parker(views[view]!.angleRad - sorted[0]!, place, range);
  };
  return { scan, angle, share };
}

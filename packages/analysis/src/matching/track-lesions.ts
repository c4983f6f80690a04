import type { Vec3 } from '@photopeak/imaging';
import { type LesionShape, type LesionState, matchLesions } from './match-lesions.ts';

/** The lesions of one examination, in a frame that all examinations share. */
export interface TimePointLesions {
  readonly lesions: readonly LesionShape[];
  /** How far the mapping into the common frame may be off, in mm. */
  readonly errorMm: number;
}

/** One lesion through all examinations. */
export interface LesionTrack {
  /** Index of the examination at which it was first there, and its id there. */
  readonly first: { readonly timePoint: number; readonly lesion: string };
  /** Ids at each examination, the largest first; empty where it is not there. */
  readonly at: readonly (readonly string[])[];
  /** At the last examination; `recurrent`: it was gone at the one before. */
  readonly state: LesionState | 'recurrent';
  /** Index of the track that it became part of; null while it is one of its own. */
  readonly mergedInto: number | null;
  /** Of the last match; null without one. */
  readonly distanceMm: number | null;
  readonly overlap: number | null;
  /** Where it was when it was last there, in the common frame. */
  readonly points: readonly Vec3[];
}

interface OpenTrack {
  readonly first: LesionTrack['first'];
  readonly at: string[][];
  shape: LesionShape;
  seen: number;
  state: LesionTrack['state'];
  mergedInto: number | null;
  distanceMm: number | null;
  overlap: number | null;
}

const volume = ({ points, voxelMm }: LesionShape): number =>
  points.length * voxelMm[0] * voxelMm[1] * voxelMm[2];

/**
 * Follows lesions over any number of examinations, the oldest first. A lesion that was gone and is seen at its place
 * again is the same one. Of lesions that merge, the largest goes on; lesions that came of one by a split are followed
 * together.
 */
export function trackLesions(timePoints: readonly TimePointLesions[]): LesionTrack[] {
  const tracks: OpenTrack[] = [];
  timePoints.forEach(({ lesions, errorMm }, timePoint) => {
    const open = tracks.filter(({ mergedInto }) => mergedInto === null);
    const shapes = open.map(({ shape }, index) => ({ ...shape, id: String(index) }));
    const error = Math.max(errorMm, ...open.map(({ seen }) => timePoints[seen]?.errorMm ?? 0));
    for (const track of tracks) track.at.push([]);
    const byId = new Map(lesions.map((lesion) => [lesion.id, lesion]));
    for (const match of matchLesions(shapes, lesions, { registrationErrorMm: error })) {
      const before = match.prior
        .map((index) => open[Number(index)]!)
        .sort((a, b) => volume(b.shape) - volume(a.shape) || tracks.indexOf(a) - tracks.indexOf(b));
      const now = match.current
        .map((id) => byId.get(id)!)
        .sort((a, b) => volume(b) - volume(a) || lesions.indexOf(a) - lesions.indexOf(b));
      const [survivor, ...absorbed] = before;
      if (survivor === undefined) {
        for (const shape of now) tracks.push(started(shape, timePoint));
        continue;
      }
      survivor.distanceMm = match.distanceMm;
      survivor.overlap = match.overlap;
      if (now.length === 0) {
        survivor.state = 'resolved';
        continue;
      }
      const wasGone = timePoint > 0 && survivor.at[timePoint - 1]?.length === 0;
      survivor.state = wasGone ? 'recurrent' : match.state;
      survivor.at[timePoint] = now.map(({ id }) => id);
      survivor.shape = union(now);
      survivor.seen = timePoint;
      for (const track of absorbed) {
        track.state = 'merged';
        track.mergedInto = tracks.indexOf(survivor);
      }
    }
  });
  return tracks.map(({ shape, seen: _, ...track }) => ({ ...track, points: shape.points }));
}

function started(shape: LesionShape, timePoint: number): OpenTrack {
  const at = Array.from({ length: timePoint + 1 }, (): string[] => []);
  at[timePoint] = [shape.id];
  return {
    first: { timePoint, lesion: shape.id },
    at,
    shape,
    seen: timePoint,
    state: 'new',
    mergedInto: null,
    distanceMm: null,
    overlap: null,
  };
}

function union(shapes: readonly LesionShape[]): LesionShape {
  const [first] = shapes;
  return { ...first!, points: shapes.flatMap(({ points }) => points) };
}

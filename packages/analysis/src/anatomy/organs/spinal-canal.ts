import { emptyVolume } from '@photopeak/imaging';
import { median } from '../../numbers/index.ts';
import { ANATOMY_LABELS } from '../labels.ts';
import { absence, type OrganOutcome } from './find.ts';
import type { NamedVertebra } from './spine.ts';
import { sliceAt, type Trunk } from './trunk.ts';

/** Where the middle of the canal may lie: aside from the middle of the spine, and behind the front of the vertebrae. */
const SIDE_MM = 12;
const BEHIND_MM = [14, 52] as const;
const RAYS = 16;
const REACH_MM = 17;
/** Bone as thin as a lamina on voxels of 3 mm. */
const WALL_HU = 170;
const CONTENT_HU = [-40, 200] as const;
/** Thinner than this a gap between bones is no canal. */
const NARROWEST_MM = 4;
const LARGEST_RADIUS_MM = 11;
const UNEVEN_COST_PER_MM = 0.04;
const ASIDE_COST = 0.015;
const LONGEST_STEP = 2.3;
const STEP_COST = 0.08;
const BREAK_COST = 2;
const KEPT = 120;
/** Radii are read over this much of the canal: between two arches it is open at the sides. */
const ALONG_MM = 15;
const WALL_QUANTILE = 0.6;
const PARTIAL_MM = 1;
const SHORTEST_MM = 40;
const SMALLEST_FIT = 0.4;

interface State {
  readonly k: number;
  readonly i: number;
  readonly j: number;
  /** Distances to the wall where a ray meets one, mm. */
  readonly walls: readonly number[];
  /** Share of the rays that meet the wall. */
  readonly closed: number;
  total: number;
  before: State | undefined;
}

const DIRECTIONS = Array.from({ length: RAYS }, (_, ray) => {
  const angle = (2 * Math.PI * ray) / RAYS;
  return [Math.sin(angle), Math.cos(angle)] as const;
});

/** Places in a slice that bone surrounds, behind the body of a vertebra. */
function statesIn(trunk: Trunk, k: number): State[] {
  const { smooth, labels, spineX, spineFront } = trunk;
  const [nx, ny] = labels.size;
  const mm = labels.spacingMm[0];
  const base = nx * ny * k;
  const middle = Math.round((spineX[k]! - labels.origin[0]) / mm);
  const row = (behind: number) => Math.round((spineFront[k]! + behind - labels.origin[1]) / mm);
  const aside = Math.round(SIDE_MM / mm);
  const edge = Math.ceil(REACH_MM / mm);
  const states: State[] = [];
  for (let j = Math.max(edge, row(BEHIND_MM[0])); j <= Math.min(ny - 1 - edge, row(BEHIND_MM[1])); j++)
    for (let i = Math.max(edge, middle - aside); i <= Math.min(nx - 1 - edge, middle + aside); i++) {
      const n = base + i + nx * j;
      const hu = smooth[n]!;
      if (isWall(trunk, n) || hu < CONTENT_HU[0] || hu > CONTENT_HU[1]) continue;
      const walls: number[] = [];
      for (const [dx, dy] of DIRECTIONS)
        for (let mmOut = mm / 2; mmOut <= REACH_MM; mmOut += mm / 2) {
          const at = base + Math.round(i + (dx * mmOut) / mm) + nx * Math.round(j + (dy * mmOut) / mm);
          if (!isWall(trunk, at)) continue;
          walls.push(mmOut);
          break;
        }
      if (walls.length === 0) continue;
      const mean = walls.reduce((a, b) => a + b, 0) / walls.length;
      const uneven = Math.sqrt(walls.reduce((sum, wall) => sum + (wall - mean) ** 2, 0) / walls.length);
      const closed = walls.length / RAYS;
      const total =
        closed -
        UNEVEN_COST_PER_MM * uneven -
        ASIDE_COST * Math.abs(i - middle) -
        (mean < NARROWEST_MM ? 0.5 : 0);
      states.push({ k, i, j, walls, closed, total, before: undefined });
    }
  return states;
}

const isWall = ({ ct, labels }: Trunk, n: number): boolean =>
  labels.data[n] === ANATOMY_LABELS.bone || ct.data[n]! > WALL_HU;

/** The way through the slices from top to bottom that bone surrounds best, at most two voxels sideways a slice. */
function follow(trunk: Trunk, top: number, bottom: number): State[] {
  let states: State[] = [];
  for (let k = top; k >= bottom; k--) {
    const next = statesIn(trunk, k);
    if (next.length === 0) {
      // Nothing is seen in this slice: the canal goes on below.
      states = states.map((state) => ({ ...state, k, walls: [], closed: 0, before: state }));
      continue;
    }
    if (states.length > 0)
      for (const state of next) {
        let best = Number.NEGATIVE_INFINITY;
        for (const before of states) {
          const step = Math.hypot(state.i - before.i, state.j - before.j);
          if (step > LONGEST_STEP || before.total - STEP_COST * step <= best) continue;
          best = before.total - STEP_COST * step;
          state.before = before;
        }
        if (state.before === undefined) {
          // Where contrast medium hides the front of the spine in some slices, the canal goes on where it is seen again.
          state.before = states[0];
          best = states[0]!.total - BREAK_COST;
        }
        state.total += best;
      }
    states = next.sort((a, b) => b.total - a.total).slice(0, KEPT);
  }
  const path: State[] = [];
  for (let state = states[0]; state !== undefined; state = state.before) path.push(state);
  return path.reverse();
}

/**
 * The canal of the spine along the named vertebrae: the place behind their bodies that bone surrounds, followed from
 * slice to slice, as wide as its walls leave it. The cord lies in it; CT without contrast medium does not show it.
 */
export function segmentSpinalCanal(trunk: Trunk, vertebrae: readonly NamedVertebra[]): OrganOutcome {
  const first = vertebrae[0];
  const last = vertebrae.at(-1);
  if (first === undefined || last === undefined) return absence('no vertebra is in the scan');
  const path = follow(trunk, sliceAt(trunk, first.topZ), sliceAt(trunk, last.bottomZ));
  const { labels } = trunk;
  const [nx, ny] = labels.size;
  const mm = labels.spacingMm[0];
  const fit = path.reduce((sum, { closed }) => sum + closed, 0) / Math.max(1, path.length);
  if (path.length * labels.spacingMm[2] < SHORTEST_MM || fit < SMALLEST_FIT)
    return absence('no canal that bone surrounds could be followed behind the vertebrae');
  const mask = emptyVolume(labels, 'uint8', '1');
  const half = Math.round(ALONG_MM / labels.spacingMm[2]);
  path.forEach(({ k, i, j }, at) => {
    const near = path
      .slice(Math.max(0, at - half), at + half + 1)
      .flatMap(({ walls }) => walls)
      .sort((a, b) => a - b);
    const wall = near[Math.floor(WALL_QUANTILE * near.length)] ?? LARGEST_RADIUS_MM;
    const radius = Math.min(LARGEST_RADIUS_MM, wall + PARTIAL_MM);
    const reach = Math.ceil(radius / mm);
    for (let b = Math.max(-reach, -j); b <= Math.min(reach, ny - 1 - j); b++)
      for (let a = Math.max(-reach, -i); a <= Math.min(reach, nx - 1 - i); a++) {
        if (Math.hypot(a, b) * mm > radius) continue;
        const n = i + a + nx * (j + b + ny * k);
        if (!isWall(trunk, n)) mask.data[n] = 1;
      }
  });
  const hu = median(path.map(({ k, i, j }) => trunk.smooth[i + nx * (j + ny * k)]!));
  return { mask, hu, fit };
}

import type { Trunk } from './trunk.ts';

/** A cross-section of a vessel in one slice: centre in LPS mm. */
export interface Disc {
  readonly k: number;
  readonly x: number;
  readonly y: number;
  readonly radiusMm: number;
  /** Mean HU inside. */
  readonly hu: number;
  /** 1 for an even disc all around which something else lies, 0 or less for no disc at all. */
  readonly score: number;
}

export interface TubeSearch {
  /** First and last slice, in the direction of the search. */
  readonly from: number;
  readonly to: number;
  /** Where the vessel is expected in a slice, LPS mm, and how far from there it is sought. */
  expected(k: number): readonly [x: number, y: number];
  readonly reachMm: number;
  readonly radiiMm: readonly number[];
  /** HU that blood may have. */
  readonly lowestHu: number;
  readonly highestHu: number;
}

const RING_FROM_MM = 2;
const RING_TO_MM = 5;
/** Blood is even: what differs from the disc's mean by more than this share of its height above fat is something else. */
const EVEN_SHARE = 0.25;
const FAT_HU = -100;
/** From slice to slice the same vessel keeps its HU; bright ones vary more with where the voxels lie. */
const STEADY_HU = 25;
const STEADY_SHARE = 0.12;
const PLACE_WEIGHT = 0.6;
const STEP_COST = 0.04;

interface State extends Disc {
  readonly i: number;
  readonly j: number;
  readonly r: number;
  total: number;
  before: State | undefined;
}

/** The best disc of every place and radius in a slice; only the better ones are kept. */
function statesIn(trunk: Trunk, search: TubeSearch, stencils: readonly Stencil[], k: number): State[] {
  const { smooth, labels } = trunk;
  const [nx, ny] = labels.size;
  const mm = labels.spacingMm[0];
  const [ex, ey] = search.expected(k);
  const states: State[] = [];
  const i0 = Math.round((ex - labels.origin[0]) / mm);
  const j0 = Math.round((ey - labels.origin[1]) / mm);
  const reach = Math.ceil(search.reachMm / mm);
  for (let j = j0 - reach; j <= j0 + reach; j++)
    for (let i = i0 - reach; i <= i0 + reach; i++) {
      const away = Math.hypot(i - i0, j - j0) * mm;
      if (away > search.reachMm || i < 0 || j < 0 || i >= nx || j >= ny) continue;
      const middle = smooth[i + nx * (j + ny * k)]!;
      if (middle < search.lowestHu || middle > search.highestHu) continue;
      search.radiiMm.forEach((radiusMm, r) => {
        const stencil = stencils[r]!;
        const { reach: edge } = stencil;
        if (i < edge || j < edge || i >= nx - edge || j >= ny - edge) return;
        const found = discAt(smooth, i + nx * (j + ny * k), stencil);
        if (found.hu < search.lowestHu || found.hu > search.highestHu) return;
        const score = found.inside - found.outside;
        if (score < 0.2) return;
        const place = PLACE_WEIGHT * (away / search.reachMm) ** 2;
        states.push({
          k,
          i,
          j,
          r,
          x: trunk.x(i),
          y: trunk.y(j),
          radiusMm,
          hu: found.hu,
          score,
          total: score - place + 0.01 * radiusMm,
          before: undefined,
        });
      });
    }
  return states.sort((a, b) => b.total - a.total).slice(0, 150);
}

/** Index steps from the middle of a disc to its core, its inside and the ring around it. */
interface Stencil {
  readonly reach: number;
  readonly core: Int32Array;
  readonly inside: Int32Array;
  readonly ring: Int32Array;
}

function stencilOf(radiusMm: number, mm: number, nx: number): Stencil {
  const reach = Math.ceil((radiusMm + RING_TO_MM) / mm);
  const coreMm = Math.max(0.6 * radiusMm, 1.1 * mm);
  const core: number[] = [];
  const inside: number[] = [];
  const ring: number[] = [];
  for (let b = -reach; b <= reach; b++)
    for (let a = -reach; a <= reach; a++) {
      const d = Math.hypot(a, b) * mm;
      const step = a + nx * b;
      if (d <= coreMm) core.push(step);
      if (d <= radiusMm - 1) inside.push(step);
      else if (d >= radiusMm + RING_FROM_MM && d <= radiusMm + RING_TO_MM) ring.push(step);
    }
  return { reach, core: Int32Array.from(core), inside: Int32Array.from(inside), ring: Int32Array.from(ring) };
}

/** Mean of the core, and the shares of the inside and of the ring that have the HU of the core. */
function discAt(smooth: Float32Array, at: number, { core, inside, ring }: Stencil) {
  let sum = 0;
  for (const step of core) sum += smooth[at + step]!;
  const hu = sum / core.length;
  const margin = EVEN_SHARE * (hu - FAT_HU);
  let even = 0;
  for (const step of inside) if (Math.abs(smooth[at + step]! - hu) < margin) even++;
  let same = 0;
  for (const step of ring) if (Math.abs(smooth[at + step]! - hu) < margin) same++;
  return { hu, inside: even / Math.max(1, inside.length), outside: same / Math.max(1, ring.length) };
}

/**
 * A vessel followed from slice to slice: of all ways through the discs, at most one voxel sideways and one radius up
 * or down from slice to slice, the one with the best discs. Ends where no disc is left.
 */
export function trackTube(trunk: Trunk, search: TubeSearch): Disc[] {
  const step = search.to >= search.from ? 1 : -1;
  const { size, spacingMm } = trunk.labels;
  const stencils = search.radiiMm.map((radiusMm) => stencilOf(radiusMm, spacingMm[0], size[0]));
  let states: State[] = [];
  let last: State | undefined;
  for (let k = search.from; step * (search.to - k) >= 0; k += step) {
    const next = statesIn(trunk, search, stencils, k);
    if (next.length === 0) {
      if (last !== undefined) break;
      continue;
    }
    if (states.length > 0)
      for (const state of next) {
        const steady = Math.max(STEADY_HU, STEADY_SHARE * (state.hu - FAT_HU));
        let best = Number.NEGATIVE_INFINITY;
        for (const before of states) {
          const [di, dj, dr] = [state.i - before.i, state.j - before.j, state.r - before.r];
          if (Math.abs(di) > 2 || Math.abs(dj) > 2 || Math.abs(dr) > 1) continue;
          if (Math.abs(state.hu - before.hu) > steady) continue;
          const total = before.total - STEP_COST * (Math.abs(di) + Math.abs(dj) + Math.abs(dr));
          if (total <= best) continue;
          best = total;
          state.before = before;
        }
        state.total += best;
      }
    states = next.filter(({ total }) => Number.isFinite(total));
    if (states.length === 0) break;
    last = states.reduce((a, b) => (b.total > a.total ? b : a));
  }
  const discs: Disc[] = [];
  for (let state = last; state !== undefined; state = state.before) discs.push(state);
  return discs.reverse();
}

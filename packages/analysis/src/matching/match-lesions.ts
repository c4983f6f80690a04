import type { Vec3 } from '@photopeak/imaging';
import { assign } from './assignment.ts';
import { type Footprint, footprint, shared } from './footprint.ts';

/** A lesion as space, of whatever modality it was drawn on. */
export interface LesionShape {
  readonly id: string;
  /** Centres of its voxels, LPS mm in the frame of its own study; at least one. */
  readonly points: readonly Vec3[];
  /** Of one voxel; the largest edge counts as thickness of the points. */
  readonly voxelMm: Vec3;
}

export interface MatchOptions {
  /** Where a point of the prior study lies in the current one: rigid or deformable. Default: where it is. */
  readonly map?: (point: Vec3) => Vec3;
  /** How far the mapping may be off, in mm; widens the gate threefold. Default 0. */
  readonly registrationErrorMm?: number;
}

/**
 * `persisting`: the same lesion; `split`: one became several; `merged`: several became one; `regrouped`: several
 * became several that cannot be told apart; `new`; `resolved`.
 */
export type LesionState = 'persisting' | 'split' | 'merged' | 'regrouped' | 'new' | 'resolved';

/** Lesions of both studies that belong together. */
export interface LesionMatch {
  readonly state: LesionState;
  /** Ids in the order of the input; empty for `new`. */
  readonly prior: readonly string[];
  /** Empty for `resolved`. */
  readonly current: readonly string[];
  /** Between the centroids after mapping, of the closest pair; null where there is no pair. */
  readonly distanceMm: number | null;
  /** Shared part of the two after widening each by 5 mm, 0 … 1; null where there is no pair. */
  readonly overlap: number | null;
}

/** Both lesions are widened by this before their overlap is taken. */
const WIDENING_MM = 5;
/** Cells of the lattice on which overlap is counted. */
const CELL_MM = 3;
/** A pair is possible up to this distance of centroids, or 1.5 times the larger radius; wider by the mapping's error. */
const GATE_MM = 15;
const GATE_RADII = 1.5;
const GATE_ERRORS = 3;
/** What of the cost a distance of centroids adds: one for 30 mm. */
const DISTANCE_SCALE_MM = 30;
/** Cost from which two lesions are rather one resolved and one new. */
const ALONE = 1.1;
/** It grows with what the mapping may be off. */
const ALONE_ERRORS = 2;
/** Outlines of one lesion differ by this, however exact the mapping is. */
const LEAST_ERROR_MM = 2;
/** Share of the smaller lesion that lies in the other one, from which they belong together. */
const BELONGS = 0.5;

interface Placed {
  readonly id: string;
  readonly centroid: Vec3;
  readonly radiusMm: number;
  readonly own: Footprint;
  /** Widened by what the mapping may be off. */
  readonly near: Footprint;
  readonly wide: Footprint;
}

/**
 * Lesions of two studies that belong together. Pairs are chosen by the lowest total cost of 1 − overlap + distance / 30
 * mm within gates; a lesion that is left over joins the one in which most of it lies, which makes a split or a merger.
 */
export function matchLesions(
  prior: readonly LesionShape[],
  current: readonly LesionShape[],
  options: MatchOptions = {},
): LesionMatch[] {
  const { map = (point) => point, registrationErrorMm = 0 } = options;
  const before = prior.map((lesion) => placed(lesion, map, registrationErrorMm));
  const after = current.map((lesion) => placed(lesion, (point) => point, registrationErrorMm));
  const pairs = before.map((from) =>
    after.map((to) => {
      const distanceMm = distance(from.centroid, to.centroid);
      const common = shared(from.wide, to.wide);
      return { distanceMm, overlap: common / (from.wide.count + to.wide.count - common) };
    }),
  );
  const costs = before.map((from, row) =>
    after.map((to, column) => {
      const { distanceMm, overlap } = pairs[row]![column]!;
      const gate =
        Math.max(GATE_MM, GATE_RADII * Math.max(from.radiusMm, to.radiusMm)) +
        GATE_ERRORS * registrationErrorMm;
      if (distanceMm > gate) return Number.POSITIVE_INFINITY;
      return 1 - overlap + distanceMm / DISTANCE_SCALE_MM;
    }),
  );
  const chosen = assign(costs, ALONE + (ALONE_ERRORS * registrationErrorMm) / DISTANCE_SCALE_MM);
  const groups = createGroups(before.length, after.length);
  const isPaired = new Uint8Array(after.length);
  for (const [row, column] of chosen.entries()) {
    if (column < 0) continue;
    groups.join(row, column);
    isPaired[column] = 1;
  }
  const part = before.map((from) => after.map((to) => sharedPart(from, to)));
  before.forEach((_, row) => {
    if (chosen[row]! >= 0) return;
    const column = bestOf(part[row]!);
    if (column >= 0) groups.join(row, column);
  });
  after.forEach((_, column) => {
    if (isPaired[column] === 1) return;
    const row = bestOf(part.map((row) => row[column]!));
    if (row >= 0) groups.join(row, column);
  });
  return groups.list().map(({ rows, columns }) => {
    const all = rows.flatMap((row) => columns.map((column) => pairs[row]![column]!));
    const closest = all.sort((a, b) => a.distanceMm - b.distanceMm)[0];
    return {
      state: stateOf(rows.length, columns.length),
      prior: rows.map((row) => before[row]!.id),
      current: columns.map((column) => after[column]!.id),
      distanceMm: closest?.distanceMm ?? null,
      overlap: closest?.overlap ?? null,
    };
  });
}

function stateOf(prior: number, current: number): LesionState {
  if (prior === 0) return 'new';
  if (current === 0) return 'resolved';
  if (prior === 1) return current === 1 ? 'persisting' : 'split';
  return current === 1 ? 'merged' : 'regrouped';
}

function placed({ id, points, voxelMm }: LesionShape, map: (point: Vec3) => Vec3, errorMm: number): Placed {
  const mapped = points.map(map);
  const sum: [number, number, number] = [0, 0, 0];
  for (const point of mapped) for (let axis = 0; axis < 3; axis++) sum[axis]! += point[axis]!;
  const volume = points.length * voxelMm[0] * voxelMm[1] * voxelMm[2];
  const half = Math.max(...voxelMm, CELL_MM) / 2;
  return {
    id,
    centroid: sum.map((mm) => mm / mapped.length) as unknown as Vec3,
    radiusMm: Math.cbrt((3 * volume) / (4 * Math.PI)),
    own: footprint(mapped, CELL_MM, half),
    near: footprint(mapped, CELL_MM, half + Math.max(LEAST_ERROR_MM, errorMm)),
    wide: footprint(mapped, CELL_MM, half + WIDENING_MM),
  };
}

/** How much of the smaller one lies in the larger one, as far as the mapping can tell. */
function sharedPart(a: Placed, b: Placed): number {
  const [small, large] = a.own.count <= b.own.count ? [a, b] : [b, a];
  return shared(small.own, large.near) / small.own.count;
}

/** The first of the highest that are high enough to belong; −1 where none is. */
function bestOf(parts: readonly number[]): number {
  const highest = Math.max(...parts);
  return highest >= BELONGS ? parts.indexOf(highest) : -1;
}

const distance = (a: Vec3, b: Vec3): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** Connected components of rows and columns, in the order of their first member, rows before columns. */
function createGroups(rows: number, columns: number) {
  const parent = Int32Array.from({ length: rows + columns }, (_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parent[at] !== at) at = parent[at]!;
    return at;
  };
  return {
    join(row: number, column: number): void {
      const [a, b] = [root(row), root(rows + column)];
      parent[Math.max(a, b)] = Math.min(a, b);
    },
    list(): { readonly rows: number[]; readonly columns: number[] }[] {
      const byRoot = new Map<number, { rows: number[]; columns: number[] }>();
      for (let index = 0; index < rows + columns; index++) {
        const key = root(index);
        const group = byRoot.get(key) ?? { rows: [], columns: [] };
        if (index < rows) group.rows.push(index);
        else group.columns.push(index - rows);
        byRoot.set(key, group);
      }
      return [...byRoot.values()];
    },
  };
}

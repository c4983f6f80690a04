/** Costs of a surface w = f(u, v) at each node and level: index `level + levels * (i + nu * j)`. */
export interface SurfaceCosts {
  readonly nu: number;
  readonly nv: number;
  readonly levels: number;
  readonly cost: Float32Array;
}

/** The eight ways along which costs are gathered. */
const WAYS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
  [1, 1],
  [-1, -1],
  [1, -1],
  [-1, 1],
] as const;

/**
 * The level of each node on a surface of least cost that does not jump: costs are gathered along eight ways through the
 * nodes, each step from one level to another costing `perLevel` a level (semi-global matching, Hirschmüller 2008, with
 * a linear cost of steps).
 */
export function cheapestSurface({ nu, nv, levels, cost }: SurfaceCosts, perLevel: number): Float32Array {
  const total = new Float32Array(cost.length);
  const path = new Float32Array(cost.length);
  for (const [di, dj] of WAYS) {
    const rows = dj < 0 ? descending(nv) : ascending(nv);
    const columns = di < 0 ? descending(nu) : ascending(nu);
    for (const j of rows)
      for (const i of columns) {
        const at = levels * (i + nu * j);
        const [pi, pj] = [i - di, j - dj];
        if (pi < 0 || pj < 0 || pi >= nu || pj >= nv) {
          for (let d = 0; d < levels; d++) path[at + d] = cost[at + d]!;
        } else {
          step(path, levels * (pi + nu * pj), at, levels, cost, perLevel);
        }
        for (let d = 0; d < levels; d++) total[at + d]! += path[at + d]!;
      }
  }
  return Float32Array.from({ length: nu * nv }, (_, node) => {
    let best = 0;
    for (let d = 1; d < levels; d++) if (total[levels * node + d]! < total[levels * node + best]!) best = d;
    return best;
  });
}

const ascending = (count: number) => Array.from({ length: count }, (_, n) => n);
const descending = (count: number) => ascending(count).reverse();

/** Costs at a node from those at the one before: the cheapest level there with the step to here. */
function step(
  path: Float32Array,
  from: number,
  to: number,
  levels: number,
  cost: Float32Array,
  perLevel: number,
): void {
  let least = Number.POSITIVE_INFINITY;
  for (let d = 0; d < levels; d++) {
    least = Math.min(least, path[from + d]!);
    path[to + d] = path[from + d]!;
  }
  for (let d = 1; d < levels; d++) path[to + d] = Math.min(path[to + d]!, path[to + d - 1]! + perLevel);
  for (let d = levels - 2; d >= 0; d--) path[to + d] = Math.min(path[to + d]!, path[to + d + 1]! + perLevel);
  for (let d = 0; d < levels; d++) path[to + d]! += cost[to + d]! - least;
}

const ROUNDS = 3;
const OUTLIER_MM = 5;
/** Keeps what nothing else decides at the expected plane. */
const TO_PLANE = 2e-4;

/**
 * A smooth surface through heights of different weight: least squares with the bending energy of a thin plate, in
 * rounds that leave out what lies far off (Tukey). Where nothing was seen it goes on as a plate would.
 */
export function smoothSurface(
  nu: number,
  nv: number,
  heightsMm: Float32Array,
  weights: Float32Array,
  stiffness: number,
): Float32Array {
  let surface: Float32Array = new Float32Array(nu * nv);
  let used = weights;
  for (let round = 0; round < ROUNDS; round++) {
    surface = bentPlate(nu, nv, heightsMm, used, stiffness);
    used = weights.map((weight, n) => {
      const off = (heightsMm[n]! - surface[n]!) / OUTLIER_MM;
      return Math.abs(off) < 1 ? weight * (1 - off * off) ** 2 : 0;
    });
  }
  return surface;
}

const STEPS = 300;

/** Conjugate gradients on (W + stiffness · B) f = W d. */
function bentPlate(
  nu: number,
  nv: number,
  heightsMm: Float32Array,
  weights: Float32Array,
  stiffness: number,
): Float32Array {
  const count = nu * nv;
  const apply = (f: Float64Array): Float64Array => {
    const out = Float64Array.from(f, (value, n) => (weights[n]! + TO_PLANE) * value);
    const bend = (a: number, b: number, c: number) => {
      const second = stiffness * (f[a]! - 2 * f[b]! + f[c]!);
      out[a]! += second;
      out[b]! -= 2 * second;
      out[c]! += second;
    };
    for (let j = 0; j < nv; j++)
      for (let i = 0; i < nu; i++) {
        const n = i + nu * j;
        if (i > 0 && i < nu - 1) bend(n - 1, n, n + 1);
        if (j > 0 && j < nv - 1) bend(n - nu, n, n + nu);
        if (i === nu - 1 || j === nv - 1) continue;
        const twist = 2 * stiffness * (f[n]! - f[n + 1]! - f[n + nu]! + f[n + nu + 1]!);
        out[n]! += twist;
        out[n + 1]! -= twist;
        out[n + nu]! -= twist;
        out[n + nu + 1]! += twist;
      }
    return out;
  };
  const f = new Float64Array(count);
  const rest = Float64Array.from(heightsMm, (mm, n) => weights[n]! * mm);
  let way = Float64Array.from(rest);
  let square = dot(rest, rest);
  const enough = 1e-8 * square;
  for (let n = 0; n < STEPS && square > enough; n++) {
    const along = apply(way);
    const far = square / dot(way, along);
    for (let m = 0; m < count; m++) {
      f[m]! += far * way[m]!;
      rest[m]! -= far * along[m]!;
    }
    const next = dot(rest, rest);
    way = way.map((value, m) => rest[m]! + (next / square) * value);
    square = next;
  }
  return Float32Array.from(f);
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, n) => sum + value * b[n]!, 0);

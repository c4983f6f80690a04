import type { DisplacementField, Mask } from '@photopeak/imaging';

export interface FoldReport {
  /** Smallest determinant of I + ∇u at nodes of the body; 1 keeps volume, 0 and below folds. */
  readonly smallest: number;
  /** Share of the nodes of the body with a determinant of 0 or below. */
  readonly foldedShare: number;
  /** Standard deviation of the logarithm of the determinant where it is above 0. */
  readonly spreadOfLog: number;
}

/** The determinant of I + ∇u at each node, by central differences along the field's own axes (one-sided at its edges). */
export function jacobianDeterminants(field: DisplacementField): Float32Array {
  const { data, direction: d, spacingMm } = field;
  const [nx, ny, nz] = field.size;
  const found = new Float32Array(nx * ny * nz);
  const step = [3, 3 * nx, 3 * nx * ny] as const;
  const gradient = new Float64Array(9);
  let n = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const place = [i, j, k] as const;
        for (let axis = 0; axis < 3; axis++) {
          const low = place[axis]! > 0 ? 1 : 0;
          const high = place[axis]! < field.size[axis]! - 1 ? 1 : 0;
          const apart = (low + high) * spacingMm[axis]!;
          const from = 3 * n - low * step[axis]!;
          const to = 3 * n + high * step[axis]!;
          for (let c = 0; c < 3; c++)
            gradient[3 * c + axis] = apart === 0 ? 0 : (data[to + c]! - data[from + c]!) / apart;
        }
        // Derivatives along the grid's axes; det(D + G) / det(D) is the determinant in patient space.
        const m = gradient.map((value, at) => value + d[at]!);
        found[n] = determinant(m) / determinant(d);
      }
  return found;
}

function determinant(m: ArrayLike<number>): number {
  return (
    m[0]! * (m[4]! * m[8]! - m[5]! * m[7]!) -
    m[1]! * (m[3]! * m[8]! - m[5]! * m[6]!) +
    m[2]! * (m[3]! * m[7]! - m[4]! * m[6]!)
  );
}

/** `body` lies on the nodes of the field; without it every node counts. */
export function foldReport(field: DisplacementField, body?: Mask): FoldReport {
  const determinants = jacobianDeterminants(field);
  let smallest = Number.POSITIVE_INFINITY;
  let folded = 0;
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let n = 0; n < determinants.length; n++) {
    if (body !== undefined && body.data[n] === 0) continue;
    const value = determinants[n]!;
    count++;
    smallest = Math.min(smallest, value);
    if (value <= 0) folded++;
    else {
      const log = Math.log(value);
      sum += log;
      squares += log * log;
    }
  }
  const logs = Math.max(1, count - folded);
  return {
    smallest: count === 0 ? 1 : smallest,
    foldedShare: folded / Math.max(1, count),
    spreadOfLog: Math.sqrt(Math.max(0, squares / logs - (sum / logs) ** 2)),
  };
}

/** Below this a node counts as folding: some room for what lies between two nodes. */
const LEAST_DETERMINANT = 0.15;
const REPAIRS = 12;
/** Nodes around a fold that are smoothed with it. */
const REACH = 2;

/**
 * Smooths the field, in place, around nodes that fold until none is left; the rest stays as it is. Returns how many
 * passes it took, or undefined where folds remain.
 */
export function repairFolds(field: DisplacementField): number | undefined {
  const [nx, ny, nz] = field.size;
  const { data } = field;
  for (let pass = 0; pass <= REPAIRS; pass++) {
    const determinants = jacobianDeterminants(field);
    const bad = new Uint8Array(determinants.length);
    let any = false;
    for (let n = 0; n < determinants.length; n++) {
      if (determinants[n]! >= LEAST_DETERMINANT) continue;
      any = true;
      const i = n % nx;
      const j = Math.floor(n / nx) % ny;
      const k = Math.floor(n / (nx * ny));
      for (let c = Math.max(0, k - REACH); c <= Math.min(nz - 1, k + REACH); c++)
        for (let b = Math.max(0, j - REACH); b <= Math.min(ny - 1, j + REACH); b++)
          for (let a = Math.max(0, i - REACH); a <= Math.min(nx - 1, i + REACH); a++)
            bad[a + nx * (b + ny * c)] = 1;
    }
    if (!any) return pass;
    if (pass === REPAIRS) return undefined;
    const before = data.slice();
    for (let n = 0; n < bad.length; n++) {
      if (bad[n] === 0) continue;
      const i = n % nx;
      const j = Math.floor(n / nx) % ny;
      const k = Math.floor(n / (nx * ny));
      const near = [
        i > 0 ? n - 1 : n,
        i < nx - 1 ? n + 1 : n,
        j > 0 ? n - nx : n,
        j < ny - 1 ? n + nx : n,
        k > 0 ? n - nx * ny : n,
        k < nz - 1 ? n + nx * ny : n,
      ];
      for (let c = 0; c < 3; c++) {
        let sum = 2 * before[3 * n + c]!;
        for (const other of near) sum += before[3 * other + c]!;
        data[3 * n + c] = sum / 8;
      }
    }
  }
  return undefined;
}

/**
 * Powell's direction-set method (Numerical Recipes §10.7) for a smooth function of few variables, with line searches
 * by bracket and parabola; maximises. Every decision depends on function values alone, so the path is reproducible.
 */
export interface PowellOptions {
  /** First step along each variable. */
  readonly step: number;
  /** The search ends when a sweep moves less than this in every variable. */
  readonly tolerance: number;
  readonly sweeps: number;
}

interface Found {
  readonly point: Float64Array;
  readonly value: number;
}

function along(point: Float64Array, direction: Float64Array, length: number): Float64Array {
  return point.map((value, n) => value + length * direction[n]!);
}

const LONGEST_BRACKET = 8;

function lineSearch(
  f: (point: Float64Array) => number,
  from: Found,
  direction: Float64Array,
  step: number,
): Found & { readonly moved: number } {
  const at = (length: number) => f(along(from.point, direction, length));
  let a = -step;
  let b = 0;
  let c = step;
  let fb = from.value;
  let fc = at(c);
  let fa = fc > fb ? Number.NaN : at(a);
  if (fc > fb || fa > fb) {
    // Uphill to one side: walk there with growing steps until it falls.
    const sign = fc > fb ? 1 : -1;
    let previous = 0;
    let fPrevious = fb;
    let here = sign * step;
    let fHere = sign > 0 ? fc : fa;
    for (let walk = 0; ; walk++) {
      const next = here + 1.6 * (here - previous);
      const fNext = at(next);
      if (fNext <= fHere || walk === LONGEST_BRACKET) {
        [a, b, c, fa, fb, fc] = [previous, here, next, fPrevious, fHere, fNext];
        break;
      }
      [previous, fPrevious, here, fHere] = [here, fHere, next, fNext];
    }
  }
  // The vertex of the parabola through the three points.
  const p = (b - a) * (fb - fc);
  const q = (b - c) * (fb - fa);
  const denominator = 2 * (p - q);
  let moved = b;
  let value = fb;
  if (Math.abs(denominator) > 1e-300) {
    const vertex = b - ((b - a) * p - (b - c) * q) / denominator;
    if (vertex > Math.min(a, c) && vertex < Math.max(a, c) && vertex !== b) {
      const fVertex = at(vertex);
      if (fVertex > value) {
        moved = vertex;
        value = fVertex;
      }
    }
  }
  return { point: moved === 0 ? from.point : along(from.point, direction, moved), value, moved };
}

export function maximise(
  f: (point: Float64Array) => number,
  start: Float64Array,
  options: PowellOptions,
): Found {
  const n = start.length;
  const directions = Array.from({ length: n }, (_, axis) => {
    const unit = new Float64Array(n);
    unit[axis] = 1;
    return unit;
  });
  let best: Found = { point: start, value: f(start) };
  let step = options.step;
  for (let sweep = 0; sweep < options.sweeps; sweep++) {
    const before = best;
    let largestGain = 0;
    let largestAt = 0;
    let largestMove = 0;
    for (let d = 0; d < n; d++) {
      const found = lineSearch(f, best, directions[d]!, step);
      if (found.value - best.value > largestGain) {
        largestGain = found.value - best.value;
        largestAt = d;
      }
      largestMove = Math.max(largestMove, Math.abs(found.moved));
      best = { point: found.point, value: found.value };
    }
    const travelled = best.point.map((value, axis) => value - before.point[axis]!);
    const length = Math.hypot(...travelled);
    if (length > 0) {
      const ahead = f(along(best.point, travelled, 1));
      const gain = best.value - before.value;
      const bend = 2 * (before.value - 2 * best.value + ahead);
      if (
        ahead > before.value &&
        -bend * (gain - largestGain) ** 2 < largestGain * (before.value - ahead) ** 2
      ) {
        const unit = travelled.map((value) => value / length);
        const found = lineSearch(f, best, unit, Math.min(step, length));
        best = { point: found.point, value: found.value };
        directions[largestAt] = directions[n - 1]!;
        directions[n - 1] = unit;
      }
    }
    if (largestMove < options.tolerance) {
      if (step <= 2 * options.tolerance) break;
      step /= 4;
    } else {
      step = Math.max(Math.min(step, 2 * largestMove), 2 * options.tolerance);
    }
  }
  return best;
}

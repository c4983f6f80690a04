const MOST_TURNS = 60;

/**
 * Eigenvalues (ascending) and eigenvectors (columns, row-major) of a symmetric matrix: Householder's tridiagonal form,
 * then QL with implicit shifts (Wilkinson and Reinsch 1971, II/2 and II/4). Much faster than Jacobi's rotations from
 * about ten rows on.
 */
export function symmetricEigen(
  matrix: Float64Array,
  n: number,
): { values: Float64Array; vectors: Float64Array } {
  const vectors = Float64Array.from(matrix);
  const values = new Float64Array(n);
  const beside = new Float64Array(n);
  tridiagonal(vectors, n, values, beside);
  diagonal(vectors, n, values, beside);
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let row = 0; row < n; row++) sorted[row * n + to] = vectors[row * n + from]!;
  });
  return { values: Float64Array.from(order, (from) => values[from]!), vectors: sorted };
}

/** Reduces `a` to diagonal `d` and sub-diagonal `e` (from 1), leaving the transformation in `a`. */
function tridiagonal(a: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  for (let i = n - 1; i > 0; i--) {
    const last = i - 1;
    let h = 0;
    let scale = 0;
    for (let k = 0; k <= last; k++) scale += Math.abs(a[i * n + k]!);
    if (last === 0 || scale === 0) {
      e[i] = a[i * n + last]!;
      d[i] = 0;
      continue;
    }
    for (let k = 0; k <= last; k++) {
      a[i * n + k]! /= scale;
      h += a[i * n + k]! ** 2;
    }
    const f = a[i * n + last]!;
    const g = f >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
    e[i] = scale * g;
    h -= f * g;
    a[i * n + last] = f - g;
    let along = 0;
    for (let j = 0; j <= last; j++) {
      a[j * n + i] = a[i * n + j]! / h;
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += a[j * n + k]! * a[i * n + k]!;
      for (let k = j + 1; k <= last; k++) sum += a[k * n + j]! * a[i * n + k]!;
      e[j] = sum / h;
      along += e[j]! * a[i * n + j]!;
    }
    const half = along / (h + h);
    for (let j = 0; j <= last; j++) {
      const u = a[i * n + j]!;
      const q = e[j]! - half * u;
      e[j] = q;
      for (let k = 0; k <= j; k++) a[j * n + k]! -= u * e[k]! + q * a[i * n + k]!;
    }
    d[i] = h;
  }
  d[0] = 0;
  e[0] = 0;
  for (let i = 0; i < n; i++) {
    if (d[i] !== 0) {
      for (let j = 0; j < i; j++) {
        let sum = 0;
        for (let k = 0; k < i; k++) sum += a[i * n + k]! * a[k * n + j]!;
        for (let k = 0; k < i; k++) a[k * n + j]! -= sum * a[k * n + i]!;
      }
    }
    d[i] = a[i * n + i]!;
    a[i * n + i] = 1;
    for (let j = 0; j < i; j++) {
      a[j * n + i] = 0;
      a[i * n + j] = 0;
    }
  }
}

/** QL with implicit shifts on `d` and `e`; the columns of `z` become eigenvectors. */
function diagonal(z: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i]!;
  e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      let m = l;
      while (m < n - 1) {
        const size = Math.abs(d[m]!) + Math.abs(d[m + 1]!);
        if (Math.abs(e[m]!) <= Number.EPSILON * size) break;
        m++;
      }
      if (m === l) break;
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      let r = Math.hypot(g, 1);
      g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        let f = s * e[i]!;
        const b = c * e[i]!;
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        r = (d[i]! - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        for (let k = 0; k < n; k++) {
          f = z[k * n + i + 1]!;
          z[k * n + i + 1] = s * z[k * n + i]! + c * f;
          z[k * n + i] = c * z[k * n + i]! - s * f;
        }
      }
      if (r === 0 && i >= l) continue;
      d[l]! -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}

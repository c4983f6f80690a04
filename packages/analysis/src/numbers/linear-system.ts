/** Solves A·x = b for a matrix of a few rows; x takes the place of b. False where it is singular. */
export function solve(a: number[][], b: number[]): boolean {
  const n = b.length;
  for (let row = 0; row < n; row++) {
    let pivot = row;
    for (let r = row + 1; r < n; r++) if (Math.abs(a[r]![row]!) > Math.abs(a[pivot]![row]!)) pivot = r;
    if (Math.abs(a[pivot]![row]!) < 1e-12) return false;
    [a[row], a[pivot]] = [a[pivot]!, a[row]!];
    [b[row], b[pivot]] = [b[pivot]!, b[row]!];
    for (let r = row + 1; r < n; r++) {
      const factor = a[r]![row]! / a[row]![row]!;
      for (let c = row; c < n; c++) a[r]![c]! -= factor * a[row]![c]!;
      b[r]! -= factor * b[row]!;
    }
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let c = row + 1; c < n; c++) b[row]! -= a[row]![c]! * b[c]!;
    b[row]! /= a[row]![row]!;
  }
  return true;
}

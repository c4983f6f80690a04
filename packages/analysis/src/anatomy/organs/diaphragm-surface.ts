import type { Volume } from '@photopeak/imaging';
import { ANATOMY_LABELS } from '../labels.ts';
import type { Landmarks } from '../landmarks.ts';

/** Columns this far from the midline run through the dome and not through the heart. */
const LATERAL_MM = 45;
/** The heart rests on the front of the left dome: its height is read at the back. */
const LEFT_BACK_SHARE = 0.5;
/** The floor of the lung beside the heart is not higher than the dome of its side by more than this. */
const ABOVE_DOME_MM = 6;
const SWEEPS = 400;

/** Height of the diaphragm for every column of the working grid. */
export interface DiaphragmSurface {
  /** LPS mm; x fastest. */
  readonly z: Float32Array;
  readonly domeRight: number | undefined;
  readonly domeLeft: number | undefined;
}

function percentile(values: number[], share: number): number | undefined {
  if (values.length < 20) return undefined;
  values.sort((a, b) => a - b);
  return values[Math.floor(share * (values.length - 1))];
}

/**
 * The floor of the lungs, and between and around them the smoothest surface through it (harmonic): under the heart
 * nothing else shows the diaphragm on CT. Columns whose lung ends above the heart are not floor and are left out.
 */
export function findDiaphragm(labels: Volume<Uint8Array>, marks: Landmarks): DiaphragmSurface | undefined {
  const [nx, ny, nz] = labels.size;
  const height = (k: number) => labels.origin[2] + k * labels.spacingMm[2];
  const columns = nx * ny;
  const floor = new Float32Array(columns).fill(Number.NaN);
  const isRight = new Uint8Array(columns);
  const heights: { right: number[]; left: number[] } = { right: [], left: [] };
  let middle = 0;
  let seen = 0;
  for (const x of marks.midX) {
    if (Number.isNaN(x)) continue;
    middle += x;
    seen++;
  }
  middle /= Math.max(1, seen);
  for (let column = 0; column < columns; column++) {
    for (let k = 0; k < nz; k++) {
      const label = labels.data[column + columns * k]!;
      if (label !== ANATOMY_LABELS.lungRight && label !== ANATOMY_LABELS.lungLeft) continue;
      // Lung that reaches the end of the scan shows no floor.
      if (k < 2) break;
      floor[column] = height(k);
      isRight[column] = label === ANATOMY_LABELS.lungRight ? 1 : 0;
      const x = labels.origin[0] + (column % nx) * labels.spacingMm[0];
      const y = labels.origin[1] + Math.floor(column / nx) * labels.spacingMm[1];
      if (Math.abs(x - middle) < LATERAL_MM) break;
      if (isRight[column] === 1) heights.right.push(height(k));
      else if (y > marks.frontY[k]! + LEFT_BACK_SHARE * (marks.backY[k]! - marks.frontY[k]!))
        heights.left.push(height(k));
      break;
    }
  }
  const domeRight = percentile(heights.right, 0.97);
  const domeLeft = percentile(heights.left, 0.9);
  const highest = domeRight ?? domeLeft;
  if (highest === undefined) return undefined;
  const fixed = new Uint8Array(columns);
  const z = new Float32Array(columns);
  let sum = 0;
  let count = 0;
  for (let column = 0; column < columns; column++) {
    const dome = (isRight[column] === 1 ? domeRight : domeLeft) ?? highest;
    if (!(floor[column]! <= dome + ABOVE_DOME_MM)) continue;
    fixed[column] = 1;
    z[column] = floor[column]!;
    sum += floor[column]!;
    count++;
  }
  for (let column = 0; column < columns; column++)
    if (fixed[column] === 0) z[column] = sum / Math.max(1, count);
  relax(z, fixed, nx, ny);
  return { z, domeRight, domeLeft };
}

/** Successive over-relaxation of Laplace's equation with the fixed columns as boundary. */
function relax(z: Float32Array, fixed: Uint8Array, nx: number, ny: number): void {
  const over = 1.85;
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const n = i + nx * j;
        if (fixed[n] !== 0) continue;
        const left = z[i > 0 ? n - 1 : n]!;
        const right = z[i < nx - 1 ? n + 1 : n]!;
        const front = z[j > 0 ? n - nx : n]!;
        const back = z[j < ny - 1 ? n + nx : n]!;
        z[n] = z[n]! + over * ((left + right + front + back) / 4 - z[n]!);
      }
}

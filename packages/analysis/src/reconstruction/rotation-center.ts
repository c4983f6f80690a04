import { PhotopeakError, type Projections } from '@photopeak/imaging';

export interface RotationCenter {
  /** Column (pixels, from 0) onto which the axis of rotation falls. */
  readonly column: number;
  /** How far another way of finding it, by the centre of mass of all views, lies from it; pixels. */
  readonly disagreement: number;
}

/** Views count as opposite where their angles differ from π by at most this share of a step between views. */
const OPPOSITE_STEPS = 0.1;
/** Half a turn is closed where its end lies at most so many steps before π. */
const CLOSED_STEPS = 1.5;
/** Rows that are compared; more would only take longer. */
const MOST_ROWS = 8;
const MOST_PAIRS = 64;
const STEP = 0.05;

/**
 * The column of the axis of rotation of parallel beams: where opposite views are mirror images of each other. Views at the
 * ends of half a turn are enough. Compared with the centre of mass, which moves on a sine around the axis as long as the
 * detector sees the whole object. Throws `RECONSTRUCTION_CENTER`.
 */
export function findRotationCenter(projections: Projections): RotationCenter {
  const { geometry } = projections;
  if (geometry.shape !== 'parallel') throw noCenter('parallel beams', geometry.shape);
  const byMass = centerOfMass(projections);
  const found = balances(projections);
  if (found.length === 0) throw noCenter('views over at least half a turn', 'no two opposite views');
  const rows = someRows(geometry.detectorSize[1]);
  const cost = (center: number) => imbalance(projections, found, rows, center);
  const columns = geometry.detectorSize[0];
  let best = columns / 2;
  let least = Number.POSITIVE_INFINITY;
  const search = (from: number, to: number, step: number) => {
    for (let center = from; center <= to; center += step) {
      const value = cost(center);
      if (value < least) [best, least] = [center, value];
    }
  };
  search(columns * 0.25, columns * 0.75, 1);
  search(best - 1, best + 1, STEP);
  return { column: best, disagreement: Math.abs(best - byMass) };
}

function noCenter(expected: string, found: string): PhotopeakError {
  return new PhotopeakError('the centre of rotation cannot be found from these views', {
    code: 'RECONSTRUCTION_CENTER',
    expected,
    found,
    remedy: 'state centerOfRotation in the geometry',
  });
}

function someRows(count: number): number[] {
  const rows = Math.min(MOST_ROWS, count);
  return Array.from({ length: rows }, (_, n) => Math.floor(((n + 0.5) * count) / rows));
}

/** Views whose weighted sum is small where mirrored ones are mirrored at the right place. */
type Balance = readonly { readonly view: number; readonly weight: number; readonly mirrored: boolean }[];

/** Pairs of opposite views; else the joint of half a turn with itself, across which views go on smoothly. */
function balances({ geometry: { views } }: Projections): Balance[] {
  const order = views.map((_, index) => index).sort((a, b) => views[a]!.angleRad - views[b]!.angleRad);
  const angle = (place: number) => views[order[place]!]!.angleRad;
  const n = order.length;
  if (n < 4) return [];
  const step = (angle(n - 1) - angle(0)) / (n - 1);
  const found: Balance[] = [];
  for (let a = 0; a < n && found.length < MOST_PAIRS; a++) {
    for (let b = a + 1; b < n; b++) {
      if (Math.abs(angle(b) - angle(a) - Math.PI) > OPPOSITE_STEPS * step) continue;
      found.push([
        { view: order[a]!, weight: 1, mirrored: false },
        { view: order[b]!, weight: -1, mirrored: true },
      ]);
    }
  }
  if (found.length > 0) return found;
  const gap = Math.PI - (angle(n - 1) - angle(0));
  if (gap < 0 || gap > CLOSED_STEPS * step) return [];
  // The third difference of four neighbours, of which two are seen from behind.
  return [
    [
      { view: order[n - 2]!, weight: 1, mirrored: false },
      { view: order[n - 1]!, weight: -3, mirrored: false },
      { view: order[0]!, weight: 3, mirrored: true },
      { view: order[1]!, weight: -1, mirrored: true },
    ],
  ];
}

/** Mean square of the sums where both sides see the object. */
function imbalance(
  { geometry, data }: Projections,
  found: readonly Balance[],
  rows: readonly number[],
  center: number,
): number {
  const [columns, height] = geometry.detectorSize;
  let sum = 0;
  let count = 0;
  for (const balance of found) {
    for (const row of rows) {
      for (let u = 0; u < columns; u++) {
        const mirrored = 2 * center - u;
        const i = Math.floor(mirrored);
        if (i < 0 || i + 1 >= columns) continue;
        const f = mirrored - i;
        let total = 0;
        for (const { view, weight, mirrored: isMirrored } of balance) {
          const at = columns * (row + height * view);
          total += weight * (isMirrored ? (1 - f) * data[at + i]! + f * data[at + i + 1]! : data[at + u]!);
        }
        sum += total * total;
        count++;
      }
    }
  }
  return count > 0 ? sum / count : Number.POSITIVE_INFINITY;
}

/** c of the centre of mass c + a cos β + b sin β over the views, by least squares. */
function centerOfMass({ geometry, data }: Projections): number {
  const [columns, rows] = geometry.detectorSize;
  const n = geometry.views.length;
  const mass = geometry.views.map((_, view) => {
    let sum = 0;
    let moment = 0;
    for (let row = 0; row < rows; row++) {
      for (let u = 0; u < columns; u++) {
        const value = data[u + columns * (row + rows * view)]!;
        sum += value;
        moment += value * u;
      }
    }
    return sum > 0 ? moment / sum : (columns - 1) / 2;
  });
  // Normal equations of three unknowns, by Cramer's rule.
  const basis = geometry.views.map(({ angleRad }) => [1, Math.cos(angleRad), Math.sin(angleRad)] as const);
  const m = [0, 1, 2].map((i) => [0, 1, 2].map((j) => basis.reduce((sum, b) => sum + b[i]! * b[j]!, 0)));
  const r = [0, 1, 2].map((i) => basis.reduce((sum, b, k) => sum + b[i]! * mass[k]!, 0));
  const determinant = (a: number[][]) =>
    a[0]![0]! * (a[1]![1]! * a[2]![2]! - a[1]![2]! * a[2]![1]!) -
    a[0]![1]! * (a[1]![0]! * a[2]![2]! - a[1]![2]! * a[2]![0]!) +
    a[0]![2]! * (a[1]![0]! * a[2]![1]! - a[1]![1]! * a[2]![0]!);
  const whole = determinant(m);
  if (n < 3 || Math.abs(whole) < 1e-9) return (columns - 1) / 2;
  return determinant(m.map((row, i) => [r[i]!, row[1]!, row[2]!])) / whole;
}

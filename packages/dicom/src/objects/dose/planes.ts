import type { Grid, Mat3, Vec3 } from '@photopeak/imaging';
import type { Dataset } from '../../data/index.ts';
import { objectError } from '../common/index.ts';

/** Where the frames of a dose lie. */
export interface DosePlanes {
  /** Evenly spaced; its slices are those of `frames`, or finer where the frames are not even. */
  readonly grid: Grid;
  /** What each slice of the grid is made of. */
  readonly slices: readonly DoseSlice[];
  readonly findings: readonly string[];
}

/** A slice between two frames of the object, counted from 0; `share` is how far it is towards `above`. */
export interface DoseSlice {
  readonly below: number;
  readonly above: number;
  readonly share: number;
}

/** Planes nearer to an even place than this are even. */
const EVEN_MM = 0.01;
const MOST_PLANES = 4096;
/** An offset vector that begins with the z of the first plane is absolute (PS3.3 C.8.8.3.2, case b). */
const SAME_Z_MM = 0.01;

function numbers(
  dataset: Dataset,
  keyword: 'ImagePositionPatient' | 'ImageOrientationPatient' | 'PixelSpacing',
  count: number,
) {
  const values = dataset.numbers(keyword);
  if (values.length === count && values.every(Number.isFinite)) return values;
  throw objectError('OBJECT_INCOMPLETE', 'The dose has no place in space', {
    where: keyword,
    expected: `${count} numbers`,
    found: `${values.length}`,
  });
}

/**
 * The grid of a dose from Image Plane and Grid Frame Offset Vector (3004,000C). Offsets are relative to the first
 * plane, along the normal of the image; or, for transverse planes, absolute positions along z.
 *
 * @throws PhotopeakError OBJECT_INCOMPLETE
 */
export function dosePlanes(dataset: Dataset, frameCount: number): DosePlanes {
  const origin = numbers(dataset, 'ImagePositionPatient', 3) as unknown as Vec3;
  const o = numbers(dataset, 'ImageOrientationPatient', 6);
  const [rowMm, columnMm] = numbers(dataset, 'PixelSpacing', 2) as [number, number];
  const row: Vec3 = [o[0]!, o[1]!, o[2]!];
  const column: Vec3 = [o[3]!, o[4]!, o[5]!];
  const normal: Vec3 = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ];
  const findings: string[] = [];
  const offsets = offsetsOf(dataset, frameCount, origin, normal, findings);
  const size = (slices: number): Vec3 => [
    dataset.number('Columns') ?? 0,
    dataset.number('Rows') ?? 0,
    slices,
  ];

  const order = offsets.map((_, frame) => frame).sort((a, b) => offsets[a]! - offsets[b]!);
  const sorted = order.map((frame) => offsets[frame]!);
  const gaps = sorted.slice(1).map((offset, index) => offset - sorted[index]!);
  if (gaps.some((gap) => gap < EVEN_MM)) {
    throw objectError('OBJECT_INCOMPLETE', 'Two planes of the dose lie at one place', {
      where: 'GridFrameOffsetVector',
    });
  }
  const step = gaps.length === 0 ? dataset.number('SliceThickness') || 1 : Math.min(...gaps);
  if (gaps.length === 0) findings.push('the dose is one plane; its thickness is that of the slice');
  const even = gaps.length === 0 ? 1 : (sorted.at(-1)! - sorted[0]!) / gaps.length;
  const isEven = sorted.every((offset, index) => Math.abs(offset - sorted[0]! - index * even) <= EVEN_MM);
  const spacing = gaps.length === 0 ? step : isEven ? even : step;
  const count = isEven ? sorted.length : Math.round((sorted.at(-1)! - sorted[0]!) / step) + 1;
  if (count > MOST_PLANES) {
    throw objectError('OBJECT_INCOMPLETE', 'The planes of the dose are too uneven for a grid', {
      where: 'GridFrameOffsetVector',
      expected: `at most ${MOST_PLANES} planes of the smallest distance`,
      found: `${count}`,
    });
  }
  if (!isEven)
    findings.push('the planes of the dose are not evenly spaced; it was interpolated linearly between them');
  const slices = Array.from({ length: count }, (_, k): DoseSlice => {
    if (isEven) return { below: order[k]!, above: order[k]!, share: 0 };
    const at = Math.min(sorted[0]! + k * spacing, sorted.at(-1)!);
    let below = 0;
    while (below + 2 < sorted.length && sorted[below + 1]! <= at) below++;
    return { below: order[below]!, above: order[below + 1]!, share: (at - sorted[below]!) / gaps[below]! };
  });
  const first = sorted[0] ?? 0;
  const direction: Mat3 = [
    row[0],
    column[0],
    normal[0],
    row[1],
    column[1],
    normal[1],
    row[2],
    column[2],
    normal[2],
  ];
  return {
    grid: {
      size: size(count),
      spacingMm: [columnMm, rowMm, spacing],
      origin: [origin[0] + first * normal[0], origin[1] + first * normal[1], origin[2] + first * normal[2]],
      direction,
    },
    slices,
    findings,
  };
}

/** Offset of each frame along the normal, relative to Image Position (Patient). */
function offsetsOf(
  dataset: Dataset,
  frameCount: number,
  origin: Vec3,
  normal: Vec3,
  findings: string[],
): readonly number[] {
  if (frameCount === 1) return [0];
  const vector = dataset.numbers('GridFrameOffsetVector');
  if (vector.length !== frameCount || !vector.every(Number.isFinite)) {
    throw objectError('OBJECT_INCOMPLETE', 'The planes of the dose have no place', {
      where: 'GridFrameOffsetVector (3004,000C)',
      expected: `${frameCount} numbers`,
      found: `${vector.length}`,
    });
  }
  const isTransverse = Math.abs(Math.abs(normal[2]) - 1) < 1e-4;
  const first = vector[0]!;
  if (first === 0) return vector;
  if (isTransverse && Math.abs(first - origin[2]) <= SAME_Z_MM) {
    return vector.map((z) => (z - origin[2]) / normal[2]);
  }
  findings.push(
    'the offsets of the planes begin neither with zero nor with the first position; they were taken from the first',
  );
  return vector.map((offset) => offset - first);
}

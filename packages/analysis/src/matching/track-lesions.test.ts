import type { Vec3 } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { type LesionShape, trackLesions } from './index.ts';

function ball(id: string, x: number, radiusMm: number): LesionShape {
  const points: Vec3[] = [];
  const reach = Math.ceil(radiusMm / 2);
  for (let k = -reach; k <= reach; k++)
    for (let j = -reach; j <= reach; j++)
      for (let i = -reach; i <= reach; i++)
        if (4 * (i * i + j * j + k * k) <= radiusMm * radiusMm) points.push([x + 2 * i, 2 * j, 2 * k]);
  return { id, points, voxelMm: [2, 2, 2] };
}

const tracks = (...timePoints: LesionShape[][]) =>
  trackLesions(timePoints.map((lesions) => ({ lesions, errorMm: 0 }))).map(({ at, state, mergedInto }) => [
    at.map((ids) => ids.join('+')).join(' '),
    state,
    mergedInto,
  ]);

describe('lesions over several examinations', () => {
  it('stay, go, come back and come', () => {
    expect(
      tracks(
        [ball('a1', 0, 8), ball('b1', 100, 8), ball('c1', 200, 8)],
        [ball('a2', 1, 10)],
        [ball('x3', 201, 6), ball('a3', 0, 6), ball('n3', -100, 8)],
      ),
    ).toEqual([
      ['a1 a2 a3', 'persisting', null],
      ['b1  ', 'resolved', null],
      ['c1  x3', 'recurrent', null],
      ['  n3', 'new', null],
    ]);
  });

  it('are followed together after a split, and go on as the largest after a merger', () => {
    expect(
      tracks(
        [ball('m1', 0, 24)],
        [ball('p2', -14, 7), ball('q2', 14, 9)],
        [ball('p3', -14, 5), ball('q3', 14, 10)],
      ),
    ).toEqual([['m1 q2+p2 q3+p3', 'split', null]]);
    expect(tracks([ball('p1', -14, 7), ball('q1', 14, 9)], [ball('m2', 0, 26)], [ball('m3', 0, 26)])).toEqual(
      [
        ['p1  ', 'merged', 1],
        ['q1 m2 m3', 'persisting', null],
      ],
    );
  });
});

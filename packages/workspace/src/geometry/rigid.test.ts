import { describe, expect, it } from 'vitest';
import { identity, transformPoint, type Vec3 } from './grid.ts';
import { nudged } from './rigid.ts';

const still: Vec3 = [0, 0, 0];
const near = (point: Vec3, expected: Vec3) =>
  point.forEach((mm, axis) => {
    expect(mm).toBeCloseTo(expected[axis]!, 9);
  });

describe('a registration moved by hand', () => {
  it('shifts along the axes of the patient', () => {
    const moved = nudged(identity, { shiftMm: [1, -2, 3], turnDegrees: still, about: [50, 60, 70] });
    near(transformPoint(moved, [10, 20, 30]), [11, 18, 33]);
  });

  it.each([
    { about: 'left', turnDegrees: [90, 0, 0], to: [0, 0, 10] },
    { about: 'back', turnDegrees: [0, 90, 0], to: [0, 10, 0] },
    { about: 'head', turnDegrees: [0, 0, 90], to: [-10, 0, 0] },
  ] as const)(
    'turns right-handed about the axis to the $about, through the given point',
    ({ turnDegrees, to }) => {
      const about: Vec3 = [5, -7, 11];
      const moved = nudged(identity, { shiftMm: still, turnDegrees, about });
      near(transformPoint(moved, about), about);
      const behind: Vec3 = [about[0], about[1] + 10, about[2]];
      near(transformPoint(moved, behind), [about[0] + to[0], about[1] + to[1], about[2] + to[2]]);
    },
  );

  it('goes on from the registration before, x then y then z', () => {
    const before = [1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const moved = nudged(before, { shiftMm: still, turnDegrees: [90, 0, 90], about: still });
    // (0, 0, 1) is shifted to (5, 0, 1), turned about x to (5, -1, 0), about z to (1, 5, 0).
    near(transformPoint(moved, [0, 0, 1]), [1, 5, 0]);
  });
});

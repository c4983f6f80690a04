/** A closed polygon in the plane of a slice: x y pairs in voxels, whole numbers at the centres. */
export type Loop = Float64Array;

/**
 * A polygon with fewer corners, all of them corners of the first: no corner that is left out lies further than
 * `tolerance` from the new line. From each corner that is kept, the longest chord that still passes all corners
 * between within the tolerance is taken: the cone of directions that do is narrowed corner by corner (after Williams,
 * Computer Journal 1978, and Zhao and Saalfeld 1997). Linear in practice.
 */
export function simplifyLoop(loop: Loop, tolerance: number): Loop {
  const count = loop.length / 2;
  if (count <= 3) return loop;
  const kept = new Float64Array(loop.length);
  let length = 0;
  let anchor = 0;
  while (anchor < count) {
    kept[length++] = loop[2 * anchor]!;
    kept[length++] = loop[2 * anchor + 1]!;
    anchor = chordEnd(loop, count, anchor, tolerance);
  }
  // Fewer than three corners enclose nothing.
  return length < 6 ? loop : kept.slice(0, length);
}

/** Index of the corner that the longest chord from `anchor` ends at; `count` stands for the first corner again. */
function chordEnd(loop: Loop, count: number, anchor: number, tolerance: number): number {
  const ax = loop[2 * anchor]!;
  const ay = loop[2 * anchor + 1]!;
  let end = anchor + 1;
  // Right and left edge of the cone; undefined while every direction will do.
  let cone: [number, number, number, number] | undefined;
  let farthest = 0;
  for (let index = anchor + 1; index <= count; index++) {
    const at = index === count ? 0 : index;
    const dx = loop[2 * at]! - ax;
    const dy = loop[2 * at + 1]! - ay;
    const square = dx * dx + dy * dy;
    const isInCone =
      cone === undefined || (cone[0] * dy - cone[1] * dx >= -EDGE && dx * cone[3] - dy * cone[2] >= -EDGE);
    // A chord that ends nearer than a corner between could leave that corner beyond its end.
    if (isInCone && square >= farthest) end = index;
    farthest = Math.max(farthest, square);
    if (square <= tolerance * tolerance) continue;
    const sine = tolerance / Math.sqrt(square);
    const cosine = Math.sqrt(1 - sine * sine);
    const right: [number, number] = [dx * cosine + dy * sine, dy * cosine - dx * sine];
    const left: [number, number] = [dx * cosine - dy * sine, dy * cosine + dx * sine];
    if (cone === undefined) cone = [...right, ...left];
    else {
      if (cone[0] * right[1] - cone[1] * right[0] > 0) [cone[0], cone[1]] = right;
      if (left[0] * cone[3] - left[1] * cone[2] > 0) [cone[2], cone[3]] = left;
    }
    if (cone[0] * cone[3] - cone[1] * cone[2] < -EDGE) break;
  }
  return end;
}

/** Rounding of the cross products; with a tolerance of zero the cone is a line. */
const EDGE = 1e-9;

/** Twice the area: positive where the inside is as `traceSlice` has it, negative for a hole. */
export function signedArea2(loop: Loop): number {
  let sum = 0;
  const count = loop.length / 2;
  for (let index = 0; index < count; index++) {
    const next = (index + 1) % count;
    sum += loop[2 * index]! * loop[2 * next + 1]! - loop[2 * next]! * loop[2 * index + 1]!;
  }
  return sum;
}

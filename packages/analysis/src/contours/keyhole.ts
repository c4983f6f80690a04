import { type Loop, signedArea2 } from './simplify.ts';

/**
 * One polygon for each outer contour of a slice, its holes joined to it by channels of no width (the keyhole technique
 * of PS3.3 C.8.8.6.3). A channel goes from the rightmost corner of a hole along the row to the first line it meets:
 * the outer contour of the same region, or another of its holes that has been joined before, as it reaches further
 * right. Loops as `traceSlice` gives them.
 */
export function joinHoles(loops: readonly Loop[]): Loop[] {
  const outers: Loop[] = [];
  const holes: { readonly loop: Loop; readonly corner: number; readonly x: number }[] = [];
  for (const loop of loops) {
    if (signedArea2(loop) > 0) outers.push(loop);
    else {
      const corner = rightmost(loop);
      holes.push({ loop, corner, x: loop[2 * corner]! });
    }
  }
  holes.sort((a, b) => b.x - a.x);
  for (const { loop, corner } of holes) {
    const hit = firstLine(outers, loop[2 * corner]!, loop[2 * corner + 1]!);
    // Holes of a closed region always meet its outer line; a lone hole would be a mistake of the caller.
    if (hit !== undefined) outers[hit.polygon] = spliced(outers[hit.polygon]!, hit, loop, corner);
  }
  return outers;
}

function rightmost(loop: Loop): number {
  let best = 0;
  for (let index = 1; index < loop.length / 2; index++) if (loop[2 * index]! > loop[2 * best]!) best = index;
  return best;
}

interface Hit {
  readonly polygon: number;
  /** The line begins at this corner. */
  readonly corner: number;
  readonly x: number;
}

/** The nearest line to the right of a point, along its row. */
function firstLine(polygons: readonly Loop[], px: number, py: number): Hit | undefined {
  let best: Hit | undefined;
  for (const [polygon, loop] of polygons.entries()) {
    const count = loop.length / 2;
    for (let corner = 0; corner < count; corner++) {
      const next = corner + 1 === count ? 0 : corner + 1;
      const y1 = loop[2 * corner + 1]!;
      const y2 = loop[2 * next + 1]!;
      if (y1 > py === y2 > py) continue;
      const x1 = loop[2 * corner]!;
      const x = x1 + ((py - y1) * (loop[2 * next]! - x1)) / (y2 - y1);
      if (x > px && (best === undefined || x < best.x)) best = { polygon, corner, x };
    }
  }
  return best;
}

/** Outer line up to the channel, through it, around the hole, back through it, and on. */
function spliced(outer: Loop, hit: Hit, hole: Loop, corner: number): Loop {
  const joined = new Float64Array(outer.length + hole.length + 6);
  const head = outer.subarray(0, 2 * hit.corner + 2);
  const y = hole[2 * corner + 1]!;
  joined.set(head);
  let at = head.length;
  joined.set([hit.x, y], at);
  at += 2;
  joined.set(hole.subarray(2 * corner), at);
  at += hole.length - 2 * corner;
  joined.set(hole.subarray(0, 2 * corner + 2), at);
  at += 2 * corner + 2;
  joined.set([hit.x, y], at);
  joined.set(outer.subarray(2 * hit.corner + 2), at + 2);
  return joined;
}

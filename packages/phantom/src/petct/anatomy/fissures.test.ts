import { describe, expect, it } from 'vitest';
import { Random } from '../../shared/random.ts';
import { labelOf } from '../tissues.ts';
import { drawFissures, type FissureKind, HILUM, lobeNames } from './fissures.ts';
import { buildAnatomy, drawBuild } from './index.ts';

/** Points of the oblique fissures inside the lungs, away from the hilum. */
function wallPoints(kind: FissureKind): (readonly [number, number, number])[] {
  const fissures = drawFissures(Random.of('fissures', 3), kind);
  const points: (readonly [number, number, number])[] = [];
  for (const x of [-110, -85, -65, 65, 85, 110])
    for (let y = -50; y <= 60; y += 10) {
      const hilum = HILUM[x < 0 ? 'right' : 'left'];
      const isLower = (z: number) => lobeNames[fissures.lobeAt(x, y, z)]!.endsWith('Lower');
      let z = -40;
      while (isLower(z)) z += 0.25;
      if (Math.hypot(x - hilum[0], y - hilum[1], z - hilum[2]) > 30) points.push([x, y, z]);
    }
  return points;
}

describe('fissures of the lungs', () => {
  it('divide the right lung into three lobes and the left into two', () => {
    const { lobeAt } = drawFissures(Random.of('fissures', 3), 'complete');
    const at = (x: number, y: number, z: number) => lobeNames[lobeAt(x, y, z)];
    expect(at(-80, 20, 210)).toBe('lobeRightUpper');
    expect(at(-80, -60, 75)).toBe('lobeRightMiddle');
    expect(at(-80, 60, 40)).toBe('lobeRightLower');
    expect(at(80, 0, 200)).toBe('lobeLeftUpper');
    expect(at(80, 60, 40)).toBe('lobeLeftLower');
  });

  it('are a thin sheet, a sheet with gaps, or nothing on CT', () => {
    const hu = (kind: FissureKind) => {
      const fissures = drawFissures(Random.of('fissures', 3), kind);
      return wallPoints(kind).map(([x, y, z]) => fissures.huAt(x, y, z, 0.7));
    };
    expect(Math.min(...hu('complete'))).toBeGreaterThan(50);
    const patchy = hu('incomplete');
    const missing = patchy.filter((value) => value < 50).length / patchy.length;
    expect(missing).toBeGreaterThan(0.15);
    expect(missing).toBeLessThan(0.85);
    expect(Math.max(...hu('invisible'))).toBe(0);
    const { huAt } = drawFissures(Random.of('fissures', 3), 'complete');
    for (const [x, y, z] of wallPoints('complete').slice(0, 12))
      expect(huAt(x, y, z - 9, 0.7)).toBeLessThan(1);
  });

  it('are crossed by no vessel', () => {
    const { canvas, fissures } = buildAnatomy(drawBuild(12, {}), { heartLit: false, fissures: 'invisible' });
    const vessel = labelOf('lung-vessel');
    const pieces = canvas.parts.filter(({ label }) => label === vessel);
    expect(pieces.length).toBeGreaterThan(500);
    const middles = pieces.map(({ shape: { box } }) =>
      box.low.map((low, axis) => (low + box.high[axis]!) / 2),
    ) as [number, number, number][];
    expect(middles.filter((point) => fissures!.clearance(...point) < 1)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { type Grid, moveGrid, toWorld, type Vec3 } from './grid.ts';
import { viewVectors } from './orientation.ts';
import { extractShapes, outline, type Segments, type Shape } from './outlines.ts';

const RADIUS = 20;
const CENTRE: Vec3 = [12, -8, 30];
const grid: Grid = {
  size: [40, 40, 40],
  spacingMm: [2, 2, 2],
  origin: [-28, -48, -10],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** A ball with label 3 in a map whose other label is one voxel. */
function ballMap(on: Grid) {
  const data = new Uint16Array(on.size[0] * on.size[1] * on.size[2]);
  let at = 0;
  for (let k = 0; k < on.size[2]; k++) {
    for (let j = 0; j < on.size[1]; j++) {
      for (let i = 0; i < on.size[0]; i++, at++) {
        const p = toWorld(on, [i, j, k]);
        if (Math.hypot(p[0] - CENTRE[0], p[1] - CENTRE[1], p[2] - CENTRE[2]) <= RADIUS) data[at] = 3;
      }
    }
  }
  data[0] = 1;
  return { ...on, data };
}

function plane(kind: 'axial' | 'coronal' | 'sagittal' | 'mip', through: Vec3, azimuth = 0) {
  const view = viewVectors(kind, azimuth);
  return {
    origin: through,
    right: view.right,
    up: view.up,
    depth: view.normal.map((n) => -n) as unknown as Vec3,
  };
}

/** Distance of every end of the segments from the point the plane goes through. */
function radii(segments: Segments): number[] {
  const out: number[] = [];
  for (let at = 0; at < segments.length; at += 2) out.push(Math.hypot(segments[at]!, segments[at + 1]!));
  return out;
}

function ball(on: Grid): Shape {
  return extractShapes(ballMap(on)).find((shape) => shape.label === 3)!;
}

describe('outlines', () => {
  it('cuts each label out of the map with its own geometry', () => {
    const shapes = extractShapes(ballMap(grid));
    expect(shapes.map((shape) => shape.label)).toEqual([1, 3]);
    expect(shapes[0]!.grid.size).toEqual([3, 3, 3]);
    expect(shapes[0]!.mask.reduce((sum, value) => sum + value, 0)).toBe(1);
    const volume = shapes[1]!.mask.reduce((sum, value) => sum + value, 0) * 8;
    expect(volume).toBeGreaterThan(0.95 * (4 / 3) * Math.PI * RADIUS ** 3);
  });

  it.each(['axial', 'coronal', 'sagittal'] as const)('draws the circle of a ball in the %s plane', (kind) => {
    const all = radii(outline(ball(grid), plane(kind, CENTRE), { project: false }));
    expect(all.length).toBeGreaterThan(50);
    expect(Math.min(...all)).toBeGreaterThan(RADIUS - 2);
    expect(Math.max(...all)).toBeLessThan(RADIUS + 2);
  });

  it('draws a smaller circle off the middle and nothing beside the ball', () => {
    const off = plane('axial', [CENTRE[0], CENTRE[1], CENTRE[2] + 16]);
    const all = radii(outline(ball(grid), off, { project: false }));
    expect(Math.abs(Math.max(...all) - 12)).toBeLessThan(2.5);
    const beside = plane('axial', [CENTRE[0], CENTRE[1], CENTRE[2] + 30]);
    expect(outline(ball(grid), beside, { project: false })).toHaveLength(0);
  });

  it.each([0, 40, 90])('projects the ball to its full circle at %i degrees', (azimuth) => {
    const far: Vec3 = [CENTRE[0], CENTRE[1], CENTRE[2]];
    const all = radii(outline(ball(grid), plane('mip', far, azimuth), { project: true }));
    expect(Math.min(...all)).toBeGreaterThan(RADIUS - 2.5);
    expect(Math.max(...all)).toBeLessThan(RADIUS + 2.5);
  });

  it('is the same on an oblique grid', () => {
    const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
    // About the ball's own centre, so that it stays inside of the grid.
    const turn = [c, -s, 0, 0, s, c, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const [x, y] = [CENTRE[0], CENTRE[1]];
    turn[3] = x - c * x + s * y;
    turn[7] = y - s * x - c * y;
    const all = radii(outline(ball(moveGrid(grid, turn)), plane('coronal', CENTRE), { project: false }));
    expect(Math.min(...all)).toBeGreaterThan(RADIUS - 2.5);
    expect(Math.max(...all)).toBeLessThan(RADIUS + 2);
  });

  it('closes its line: every end is shared by two segments', () => {
    const segments = outline(ball(grid), plane('axial', CENTRE), { project: false });
    const ends = new Map<string, number>();
    for (let at = 0; at < segments.length; at += 2) {
      const key = `${segments[at]!.toFixed(3)} ${segments[at + 1]!.toFixed(3)}`;
      ends.set(key, (ends.get(key) ?? 0) + 1);
    }
    expect([...ends.values()].every((count) => count % 2 === 0)).toBe(true);
  });
});

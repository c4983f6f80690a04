import { afterEach, describe, expect, it } from 'vitest';
import { setThreads } from '../pool/pool.ts';
import { noise, plainGrid } from '../test-support.ts';
import type { Grid } from '../volume.ts';
import type { ProjectionGeometry } from './geometry.ts';
import { Tomograph } from './tomograph.ts';

const cone = (views: number, more: Partial<ProjectionGeometry> = {}): ProjectionGeometry => ({
  shape: 'flat',
  divergesAlongAxis: true,
  detectorSize: [41, 37],
  pixelMm: [2.3, 2.1],
  views: Array.from({ length: views }, (_, n) => ({
    angleRad: 0.1 + (n * 2 * Math.PI) / views,
    sourceToAxisMm: 300,
    sourceToDetectorMm: 450,
    firstPixelMm: [-46 + n / 10, -37.8],
    sourceZMm: n / 4,
  })),
  ...more,
});
const slices = { divergesAlongAxis: false, detectorSize: [41, 24], pixelMm: [2.3, 1.5] } as const;
const withRows = (geometry: ProjectionGeometry): ProjectionGeometry => ({
  ...geometry,
  views: geometry.views.map((view) => ({ ...view, firstPixelMm: [-46, -17.25], sourceZMm: 0 })),
});
const geometries: Record<string, ProjectionGeometry> = {
  'parallel slices': withRows(cone(7, { shape: 'parallel', ...slices })),
  'fan, flat': withRows(cone(7, { ...slices })),
  'fan on an arc': withRows(cone(7, { shape: 'arc', ...slices })),
  'cone, flat, on a helix': cone(7),
  'cone on an arc': cone(7, { shape: 'arc' }),
};
const grid: Grid = plainGrid([30, 26, 24], [1.7, 1.9, 1.5], [-24.65, -23.75, -17.25]);
const all = [0, 1, 2, 3, 4, 5, 6];

function filled(tomograph: Tomograph, seed: number) {
  const volume = tomograph.newVolume();
  const voxels = tomograph.voxelsOf(volume);
  for (let n = 0; n < voxels.length; n++) voxels[n] = (noise(n, seed) % 1000) / 1000;
  const views = tomograph.newViews(all.length);
  const pixels = tomograph.pixelsOf(views, all.length);
  for (let n = 0; n < pixels.length; n++) pixels[n] = (noise(n, seed + 1) % 1000) / 1000 - 0.3;
  return { volume, views, voxels, pixels };
}
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, n) => sum + value * b[n]!, 0);

afterEach(() => setThreads(2));

describe('projections and their transpose', () => {
  it.each(Object.entries(geometries))('are a matched pair: %s', async (_name, geometry) => {
    using tomograph = new Tomograph(grid, geometry);
    const { volume, views, voxels, pixels } = filled(tomograph, 5);
    const projected = tomograph.newViews(all.length);
    await tomograph.project(volume, projected, all);
    const spread = tomograph.newVolume();
    await tomograph.spread(views, spread, all);
    const forward = dot(tomograph.pixelsOf(projected, all.length), pixels);
    const back = dot(voxels, tomograph.voxelsOf(spread));
    expect(Math.abs(forward)).toBeGreaterThan(100);
    expect(Math.abs(forward - back) / Math.abs(forward)).toBeLessThan(1e-5);
  });

  it.each(Object.entries(geometries))(
    'give the same bytes for any number of threads: %s',
    async (_n, geometry) => {
      const once = async (count: number) => {
        setThreads(count);
        using tomograph = new Tomograph(grid, geometry);
        const { volume, views } = filled(tomograph, 9);
        const projected = tomograph.newViews(all.length);
        const spread = tomograph.newVolume();
        const back = tomograph.newVolume();
        await tomograph.project(volume, projected, all);
        await tomograph.spread(views, spread, all);
        await tomograph.backproject(views, back, all, (n) => 1 + n);
        return [
          tomograph.pixelsOf(projected, all.length),
          tomograph.voxelsOf(spread),
          tomograph.voxelsOf(back),
        ].map((values) => Float32Array.from(values));
      };
      const one = await once(1);
      for (const count of [2, 5]) expect(await once(count)).toEqual(one);
    },
  );

  it('measure the length of a ray through a block', async () => {
    const block: Grid = plainGrid([40, 40, 40], [1, 1, 1], [-19.5, -19.5, -19.5]);
    const geometry = cone(4, { detectorSize: [3, 3], pixelMm: [15, 15] });
    const straight: ProjectionGeometry = {
      ...geometry,
      views: geometry.views.map((view, n) => ({
        ...view,
        angleRad: (n * Math.PI) / 2,
        firstPixelMm: [-15, -15],
        sourceZMm: 0,
      })),
    };
    using tomograph = new Tomograph(block, straight);
    const volume = tomograph.load({ data: new Float32Array(64000).fill(1) });
    const views = tomograph.newViews(4);
    await tomograph.project(volume, views, [0, 1, 2, 3]);
    const data = new Float32Array(36);
    tomograph.readViews(views, [0, 1, 2, 3], data);
    const slant = 40 * Math.hypot(1, 15 / 450);
    for (let view = 0; view < 4; view++) {
      expect(data[9 * view + 4]).toBeCloseTo(40, 4);
      for (const side of [1, 3, 5, 7]) expect(data[9 * view + side]).toBeCloseTo(slant, 4);
    }
  });

  it('keeps voxels and pixels in their places on the way in and out', () => {
    using tomograph = new Tomograph(grid, geometries['cone on an arc']!);
    const data = Float32Array.from({ length: 30 * 26 * 24 }, (_, n) => n);
    const volume = tomograph.load({ data });
    expect(tomograph.voxelsOf(volume)[24 * (3 + 30 * 5) + 7]).toBe(3 + 30 * (5 + 26 * 7));
    expect(tomograph.read(volume, '1').data).toEqual(data);
    const stack = Float32Array.from({ length: 7 * 41 * 37 }, (_, n) => n);
    const views = tomograph.loadViews({ data: stack }, [2, 4]);
    expect(tomograph.pixelsOf(views, 2)[37 * (41 + 3) + 5]).toBe(3 + 41 * (5 + 37 * 4));
    const back = new Float32Array(stack.length);
    tomograph.readViews(views, [2, 4], back);
    expect(back.slice(4 * 1517, 5 * 1517)).toEqual(stack.slice(4 * 1517, 5 * 1517));
  });

  it('refuses a turned grid and a wrong geometry', () => {
    const turned: Grid = { ...grid, direction: [0, 1, 0, -1, 0, 0, 0, 0, 1] };
    expect(() => new Tomograph(turned, cone(3))).toThrow(/along the axes of the gantry/);
    expect(() => new Tomograph(grid, cone(0))).toThrow(/geometry of the projections is not valid/);
    expect(() => new Tomograph(grid, cone(3, { pixelMm: [0, 1] }))).toThrow(/not valid/);
  });
});

import type { Projections, Volume } from '@photopeak/imaging';
import { type Body, paintBodies, projectBodies } from '@photopeak/phantom';
import { beforeAll, describe, expect, it } from 'vitest';
import { asdPocs } from './asd-pocs.ts';
import { cgls } from './cgls.ts';
import { filteredBackprojection } from './filtered-backprojection.ts';
import { centeredGrid, coneBeam, evenAngles } from './geometries.ts';
import { orderedSubsets, osSart } from './os-sart.ts';

const ball = (x: number, y: number, z: number, mm: number, value: number): Body => ({
  center: [x, y, z],
  halfAxesMm: [mm, mm, mm],
  value,
});
/** A body of water with dense, light and empty balls, seen from 20 directions: too few for filtered backprojection. */
const bodies: Body[] = [
  { center: [0, 0, 0], halfAxesMm: [58, 50, 44], value: 0.02 },
  ...[
    ball(25, 0, 0, 14, 0.01),
    ball(-25, 5, 5, 12, -0.008),
    ball(0, -25, -6, 10, 0.02),
    ball(3, 25, 0, 8, -0.02),
  ],
];
const grid = centeredGrid([44, 44, 34], [3, 3, 3]);
const geometry = coneBeam({
  sourceToAxisMm: 600,
  sourceToDetectorMm: 1000,
  detectorSize: [52, 40],
  pixelMm: [5, 5],
  anglesRad: evenAngles(20),
});
let measured: Projections;
let truth: Float32Array;
let direct: Volume;

beforeAll(async () => {
  measured = projectBodies(bodies, geometry, 2);
  truth = paintBodies(bodies, grid);
  direct = await filteredBackprojection(measured, grid);
});

/** Root mean square error in the middle half of the slices, where all rays of the cone pass. */
function error({ data, size }: Pick<Volume, 'data' | 'size'>): number {
  const slice = size[0] * size[1];
  const [from, to] = [Math.floor(size[2] / 4) * slice, Math.ceil((size[2] * 3) / 4) * slice];
  let sum = 0;
  for (let n = from; n < to; n++) sum += (data[n]! - truth[n]!) ** 2;
  return Math.sqrt(sum / (to - from));
}
const falls = (residuals: readonly number[]) =>
  residuals.every((residual, n) => n === 0 || residual < residuals[n - 1]!);

describe('iterative reconstruction from few views', () => {
  it('OS-SART comes nearer than FDK, its residual falling', async () => {
    const { volume, residuals } = await osSart(measured, grid, { iterations: 6, subsets: 5 });
    expect(falls(residuals)).toBe(true);
    expect(residuals.at(-1)).toBeLessThan(0.03);
    expect(error(volume)).toBeLessThan(0.75 * error(direct));
    expect(volume.data.every((value) => value >= 0)).toBe(true);
  });

  it('CGLS comes nearer than FDK, its residual falling', async () => {
    const { volume, residuals } = await cgls(measured, grid, { iterations: 10 });
    expect(falls(residuals)).toBe(true);
    expect(error(volume)).toBeLessThan(0.9 * error(direct));
  });

  it('total variation comes nearest', async () => {
    const sart = await osSart(measured, grid, { iterations: 8, subsets: 5 });
    const { volume, residuals } = await asdPocs(measured, grid, { iterations: 8, subsets: 5 });
    expect(falls(residuals)).toBe(true);
    expect(error(volume)).toBeLessThan(0.92 * error(sart.volume));
    expect(error(volume)).toBeLessThan(0.65 * error(direct));
  });

  it('goes on from a start', async () => {
    const once = await osSart(measured, grid, { iterations: 1, subsets: 5 });
    const more = await osSart(measured, grid, { iterations: 1, subsets: 5 }, once.volume);
    expect(more.residuals[0]).toBeLessThan(once.residuals[0]!);
  });

  it('refuses parameters that mean nothing', async () => {
    const refused = { code: 'RECONSTRUCTION_PARAMETER' };
    await expect(osSart(measured, grid, { iterations: 0 })).rejects.toMatchObject(refused);
    await expect(osSart(measured, grid, { iterations: 1, relaxation: 3 })).rejects.toMatchObject(refused);
  });
});

describe('ordered subsets', () => {
  it('use every view once, with neighbours in time far in angle', () => {
    const groups = orderedSubsets(50, 8);
    expect(groups.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(groups.map((group) => group[0])).toEqual([0, 4, 2, 6, 1, 5, 3, 7]);
  });
});

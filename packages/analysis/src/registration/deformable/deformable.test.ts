import { type Grid, setThreads, type Vec3, type Volume, voxelCount } from '@photopeak/imaging';
import { type TorsoPair, torsoPair } from '@photopeak/phantom';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { repairFolds } from './folds.ts';
import {
  composeDeformations,
  type DeformableResult,
  type Deformation,
  foldReport,
  invertDeformation,
  registerDeformable,
  toFixed,
  toMoving,
  warp,
} from './index.ts';

/** The whole torso on coarse voxels. */
const grid: Grid = {
  size: [64, 64, 48],
  spacingMm: [6, 6, 6],
  origin: [-189, -189, -141],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** As fine as PET is. */
const petGrid: Grid = { ...grid, size: [96, 96, 72], spacingMm: [4, 4, 4], origin: [-190, -190, -142] };

function errorsMm(pair: TorsoPair, deformation: Deformation) {
  const found = toMoving(
    deformation,
    pair.landmarks.map(({ fixedMm }) => fixedMm),
  );
  const errors = found.map((point, n) => {
    const truth = pair.landmarks[n]!.movingMm;
    return Math.hypot(point[0] - truth[0], point[1] - truth[1], point[2] - truth[2]);
  });
  return { mean: errors.reduce((sum, mm) => sum + mm, 0) / errors.length, max: Math.max(...errors) };
}

const rigidError = (pair: TorsoPair, { found }: DeformableResult) => errorsMm(pair, { pull: found.pull });

afterEach(() => setThreads(2));

describe('deformable registration', () => {
  let pair: TorsoPair;
  let result: DeformableResult;
  beforeAll(async () => {
    pair = await torsoPair({ seed: 11, pair: 'ct-ct', grid });
    result = await registerDeformable(pair.fixed, pair.moving);
  });

  it('finds breathing between two CTs to a fraction of a voxel, without folds', () => {
    expect(result.used).toBe('deformable');
    expect(rigidError(pair, result).mean).toBeGreaterThan(4);
    expect(errorsMm(pair, result.deformation).mean).toBeLessThan(1.8);
    expect(result.evidence.folds.smallest).toBeGreaterThan(0.15);
  });

  it('finds it between CT and PET, better than rigid', async () => {
    const other = await torsoPair({ seed: 12, pair: 'pet-ct', grid: petGrid });
    const found = await registerDeformable(other.fixed, other.moving);
    expect(found.kind).toBe('pet-ct');
    expect(found.used).toBe('deformable');
    expect(errorsMm(other, found.deformation).mean).toBeLessThan(0.8 * rigidError(other, found).mean);
  });

  it('leaves the rigid registration where nothing moved beyond it', async () => {
    const still = await torsoPair({ seed: 13, pair: 'pet-ct', grid: petGrid, breathingMm: 0, randomMm: 0 });
    const found = await registerDeformable(still.fixed, still.moving);
    expect(found.used).toBe('rigid');
    expect(found.deformation.field).toBeUndefined();
    expect(found.reason).toContain('rigid registration is used');
  });

  it('leaves it where the images show nothing in common that deforms', async () => {
    const noise = Float32Array.from(pair.moving.data, (hu, n) =>
      hu < -500 ? -1000 : 40 + (((n * 7919) % 1009) / 1009 - 0.5) * 60,
    );
    const found = await registerDeformable(pair.fixed, { ...pair.moving, data: noise });
    expect(errorsMm(pair, found.deformation).mean).toBeLessThan(1.2 * rigidError(pair, found).mean);
  });

  it('gives the same bytes for any number of threads', async () => {
    setThreads(1);
    const again = await registerDeformable(pair.fixed, pair.moving, { gate: false });
    expect(again.found.field?.data).toEqual(result.found.field?.data);
    expect(again.found.pull).toEqual(result.found.pull);
  });

  it('takes points there and back, by iteration and by the inverse field', () => {
    const points = pair.landmarks.filter((_, n) => n % 7 === 0).map(({ fixedMm }) => fixedMm);
    const there = toMoving(result.deformation, points);
    const back = toFixed(result.deformation, there);
    const byField = toMoving(invertDeformation(result.deformation), there);
    points.forEach((point, n) => {
      for (const axis of [0, 1, 2] as const) {
        expect(back[n]![axis]).toBeCloseTo(point[axis], 2);
        expect(Math.abs(byField[n]![axis] - point[axis])).toBeLessThan(0.25);
      }
    });
  });

  it('composed with its inverse it moves nothing inside the body', () => {
    const round = composeDeformations(result.deformation, invertDeformation(result.deformation));
    const points = pair.landmarks.filter((_, n) => n % 7 === 0).map(({ fixedMm }) => fixedMm);
    const [there, direct] = [toMoving(round, points), points];
    there.forEach((point, n) => {
      for (const axis of [0, 1, 2] as const)
        expect(Math.abs(point[axis] - direct[n]![axis])).toBeLessThan(0.3);
    });
  });

  it('warps the moving image so that it looks like the fixed one', async () => {
    const difference = async (deformation: Deformation) => {
      const warped = await warp(pair.moving, deformation, { grid: pair.fixed, outside: -1000 });
      let sum = 0;
      for (let n = 0; n < warped.data.length; n++) sum += Math.abs(warped.data[n]! - pair.fixed.data[n]!);
      return sum / warped.data.length;
    };
    const rigid = await difference({ pull: result.found.pull });
    expect(await difference(result.deformation)).toBeLessThan(0.75 * rigid);
  });
});

describe('folds of a field', () => {
  const nodes: Grid = { ...grid, size: [7, 7, 7], spacingMm: [4, 4, 4], origin: [0, 0, 0] };
  const field = (u: (p: Vec3) => Vec3) => {
    const data = new Float32Array(3 * voxelCount(nodes));
    for (let n = 0; n < 343; n++)
      data.set(u([4 * (n % 7), 4 * (Math.floor(n / 7) % 7), 4 * Math.floor(n / 49)]), 3 * n);
    return { ...nodes, data };
  };

  it('are measured by the determinant', () => {
    expect(foldReport(field(() => [3, 2, 1]))).toMatchObject({ smallest: 1, foldedShare: 0 });
    expect(foldReport(field(([x, y, z]) => [0.1 * x, 0.1 * y, 0.1 * z])).smallest).toBeCloseTo(1.331, 5);
    expect(foldReport(field(([x]) => [-1.5 * x, 0, 0]))).toMatchObject({ smallest: -0.5, foldedShare: 1 });
  });

  it('are smoothed away where they are, and nothing else is touched', () => {
    const folded = field(([x, y, z]) => (x === 12 && y === 12 && z === 12 ? [-9, 0, 0] : [0, 0, 0]));
    expect(foldReport(folded).smallest).toBeLessThan(0);
    expect(repairFolds(folded)).toBeGreaterThan(0);
    expect(foldReport(folded).smallest).toBeGreaterThan(0.1);
    expect(folded.data.slice(0, 3)).toEqual(new Float32Array(3));
  });

  it('do not depend on how the grid is turned', () => {
    const turned = { ...field(([x]) => [0, 0.2 * x, 0]), direction: [0, 1, 0, 1, 0, 0, 0, 0, -1] as const };
    // The nodes' first axis is the patient's y, so this is a stretch along y.
    expect(foldReport(turned).smallest).toBeCloseTo(1.2, 5);
  });
});

describe('what is asked of images', () => {
  it('is refused where there is no body', async () => {
    const nothing: Volume = { ...grid, data: new Float32Array(voxelCount(grid)), unit: 'Bq/ml' };
    await expect(registerDeformable(nothing, nothing)).rejects.toMatchObject({ code: 'REGISTRATION_EMPTY' });
  });
});

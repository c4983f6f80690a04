import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  identity,
  invert,
  type Mat4,
  multiply,
  readNifti,
  transformPoint,
  type Vec3,
  type Volume,
  voxelToWorld,
} from '@photopeak/imaging';
import { dataFile, describeWithData } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { torsoCt, torsoGrid, torsoPet } from '../test-support/torso.ts';
import { FINE_LEVELS, nudged, registerAffine, rescored, rigidFromLandmarks } from './index.ts';
import { rigidMatrix } from './rigid-transform.ts';

const distance = (a: Vec3, b: Vec3) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe('a registration by hand', () => {
  const about: Vec3 = [10, -20, 30];

  it('moves what is at the point of rotation by the shift alone, and turns by the right hand', () => {
    const m = nudged(identity, { shiftMm: [1, 2, 3], turnDegrees: [5, -4, 3], about });
    expect(distance(transformPoint(m, about), [11, -18, 33])).toBeLessThan(1e-9);
    const quarter = nudged(identity, { shiftMm: [0, 0, 0], turnDegrees: [0, 0, 90], about: [0, 0, 0] });
    expect(distance(transformPoint(quarter, [1, 0, 0]), [0, 1, 0])).toBeLessThan(1e-9);
    const roundY = nudged(identity, { shiftMm: [0, 0, 0], turnDegrees: [0, 90, 0], about: [0, 0, 0] });
    expect(distance(transformPoint(roundY, [0, 0, 1]), [1, 0, 0])).toBeLessThan(1e-9);
  });

  it('comes after the registration that was there', () => {
    const before = rigidMatrix(Float64Array.from([5, 6, 7, 8, 9, 10]), [1, 2, 3]);
    const m = nudged(before, { shiftMm: [4, 0, 0], turnDegrees: [0, 0, 0], about });
    expect(distance(transformPoint(m, [0, 0, 0]), transformPoint(before, [0, 0, 0]))).toBeCloseTo(4, 9);
  });

  it('is found from landmarks, exactly where they agree and best where they do not', () => {
    const truth = rigidMatrix(Float64Array.from([90, -300, 210, 25, -40, 130]), [3, 4, 5]);
    const moving: Vec3[] = [
      [0, 0, 0],
      [100, 0, 0],
      [0, 80, 0],
      [0, 0, 60],
      [50, 40, -30],
    ];
    const pairs = moving.map((point) => ({ moving: point, fixed: transformPoint(truth, point) }));
    const exact = rigidFromLandmarks(pairs);
    expect(exact.rmsMm).toBeLessThan(1e-9);
    for (const [n, value] of truth.entries()) expect(exact.matrix[n]).toBeCloseTo(value, 9);
    const off = pairs.map((pair, n) => ({
      ...pair,
      fixed: [pair.fixed[0] + (n % 2 === 0 ? 2 : -2), pair.fixed[1], pair.fixed[2]] as Vec3,
    }));
    const fit = rigidFromLandmarks(off);
    // No small change of the fit leaves less at the landmarks.
    const rms = (m: Mat4) =>
      Math.sqrt(
        off.reduce((sum, { moving: p, fixed }) => sum + distance(transformPoint(m, p), fixed) ** 2, 0) / 5,
      );
    expect(rms(fit.matrix)).toBeCloseTo(fit.rmsMm, 9);
    for (const axis of [0, 1, 2])
      for (const sign of [-0.2, 0.2]) {
        const unit = [0, 1, 2].map((n) => (n === axis ? sign : 0)) as unknown as Vec3;
        const [moved, turned] = [
          nudged(fit.matrix, { shiftMm: unit, turnDegrees: [0, 0, 0], about }),
          nudged(fit.matrix, { shiftMm: [0, 0, 0], turnDegrees: unit, about }),
        ];
        expect(Math.min(rms(moved), rms(turned))).toBeGreaterThan(fit.rmsMm);
      }
  });

  it('never mirrors a patient', () => {
    const points: Vec3[] = [
      [50, 0, 0],
      [-50, 0, 0],
      [0, 40, 0],
      [0, 0, 30],
    ];
    const { matrix } = rigidFromLandmarks(
      points.map((p) => ({ moving: p, fixed: [-p[0], p[1], p[2]] as Vec3 })),
    );
    const m = matrix;
    const determinant =
      m[0] * (m[5] * m[10] - m[6] * m[9]) -
      m[1] * (m[4] * m[10] - m[6] * m[8]) +
      m[2] * (m[4] * m[9] - m[5] * m[8]);
    expect(determinant).toBeCloseTo(1, 9);
  });

  it.each([
    [
      'two pairs',
      [
        [0, 0, 0],
        [10, 0, 0],
      ],
    ],
    [
      'points on a line',
      [
        [0, 0, 0],
        [10, 0.1, 0],
        [20, 0, 0],
        [30, 0, 0.1],
      ],
    ],
  ] as [string, Vec3[]][])('is refused for %s', (_name, points) => {
    const pairs = points.map((p) => ({ moving: p, fixed: p }));
    expect(() => rigidFromLandmarks(pairs)).toThrow(
      expect.objectContaining({ code: 'REGISTRATION_LANDMARKS' }),
    );
  });

  it('is scored again beside the one before', async () => {
    const grid = torsoGrid(8, -200, 235);
    const ct = await torsoCt(grid);
    const pet = await torsoPet(grid, { table: false });
    const off = nudged(identity, { shiftMm: [9, -8, 7], turnDegrees: [2, 0, 3], about: [0, 0, 0] });
    const worse = rescored(ct, pet, { before: identity, after: off });
    expect(worse.isBetter).toBe(false);
    expect(rescored(ct, pet, { before: off, after: identity })).toEqual({
      before: worse.after,
      after: worse.before,
      isBetter: true,
    });
  });
});

describe('affine registration', () => {
  it('finds a stretch across the body that no rigid motion describes', async () => {
    const ct = await torsoCt(torsoGrid(6, -200, 235));
    // Not along the body: its bones repeat, and a trunk is much the same from slice to slice.
    const stretch: Mat4 = [1.03, 0, 0, 3, 0, 0.97, 0.01, -2, 0, 0.01, 1, 4, 0, 0, 0, 1];
    const moved = await torsoCt(torsoGrid(6.5, -230, 265), { toTorso: invert(stretch), table: false });
    const found = registerAffine(ct, moved);
    let worst = 0;
    let rigidWorst = 0;
    for (const x of [-120, 120])
      for (const y of [-80, 80]) {
        const truth = transformPoint(stretch, [x, y, 0]);
        worst = Math.max(worst, distance(transformPoint(found.pull, [x, y, 0]), truth));
        rigidWorst = Math.max(rigidWorst, distance(transformPoint(found.rigid.pull, [x, y, 0]), truth));
      }
    expect(worst).toBeLessThan(2.5);
    expect(worst).toBeLessThan(0.5 * rigidWorst);
    expect(found.metric.value).toBeGreaterThan(found.metric.rigid);
  });
});

/** An ITK affine text file: fixed point → moving point, in LPS mm. */
function itkAffine(file: string): Mat4 {
  const text = readFileSync(file, 'utf8');
  const numbers = (key: string) =>
    new RegExp(`^${key}: (.*)$`, 'm').exec(text)![1]!.trim().split(/\s+/).map(Number);
  const p = numbers('Parameters');
  const c = numbers('FixedParameters') as unknown as Vec3;
  const rows = [0, 1, 2].map((row) => {
    const m = p.slice(3 * row, 3 * row + 3);
    return [...m, c[row]! + p[9 + row]! - (m[0]! * c[0] + m[1]! * c[1] + m[2]! * c[2])];
  });
  return [...rows.flat(), 0, 0, 0, 1] as unknown as Mat4;
}

describeWithData('MR of a patient with multiple sclerosis, against the transforms published with it', () => {
  const raw = (name: string): string => dataFile('mr_ms_longitudinal', 'raw', 'patient01', name);
  const volume = (name: string): Volume => readNifti(readFileSync(raw(name)));

  /** Points of the brain in the frame of a study's FLAIR: the brain mask lies in the common space. */
  function brain(study: string): Vec3[] {
    const mask = readNifti(
      gunzipSync(
        readFileSync(dataFile('mr_ms_longitudinal', 'coregistered', 'patient01', 'brainmask.nii.gz')),
      ),
    );
    // The transform to the common space pulls: common point → FLAIR point.
    const toFlair = multiply(itkAffine(raw(`${study}_FLAIR_to_common_space.txt`)), voxelToWorld(mask));
    const [nx, ny, nz] = mask.size;
    const points: Vec3[] = [];
    for (let k = 0; k < nz; k += 4)
      for (let j = 0; j < ny; j += 12)
        for (let i = 0; i < nx; i += 12)
          if (mask.data[i + nx * (j + ny * k)] !== 0) points.push(transformPoint(toFlair, [i, j, k]));
    return points;
  }

  // Study 1 takes as long again and says the same; docs/registration.md has its figures.
  it('agrees to 0.5 mm over the brain', () => {
    const study = 'study2';
    const flair = volume(`${study}_FLAIR.nii.gz`);
    const points = brain(study);
    expect(points.length).toBeGreaterThan(500);
    for (const contrast of ['T1W', 'T2W']) {
      const truth = itkAffine(raw(`${study}_${contrast}_intrastudy_to_FLAIR.txt`));
      const { pull } = registerAffine(flair, volume(`${study}_${contrast}.nii.gz`), { levels: FINE_LEVELS });
      const errors = points.map((p) => distance(transformPoint(pull, p), transformPoint(truth, p)));
      const mean = errors.reduce((sum, mm) => sum + mm, 0) / errors.length;
      expect(mean).toBeLessThan(0.5);
      expect(Math.max(...errors)).toBeLessThan(1);
    }
  });
});

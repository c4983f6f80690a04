import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deformPoint, parsePart10, readRegistration } from '@photopeak/dicom';
import { type Grid, type Mat4, readNifti, transformPoint, type Vec3, writeNifti } from '@photopeak/imaging';
import { type TorsoPair, torsoPair } from '@photopeak/phantom';
import { type Registered, registered } from '@photopeak/pipelines';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { writeTinyStudy } from '../testing/tiny-study.ts';

const grid: Grid = {
  size: [64, 64, 48],
  spacingMm: [6, 6, 6],
  origin: [-189, -189, -141],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'photopeak-register-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('photopeak register, NIfTI', () => {
  let pair: TorsoPair;
  beforeAll(async () => {
    pair = await torsoPair({ seed: 21, pair: 'ct-ct', grid });
    for (const name of ['fixed', 'moving'] as const) {
      writeFileSync(path.join(folder, `${name}.nii.gz`), writeNifti(pair[name], { compress: true }));
    }
  });
  const file = (name: string) => path.join(folder, name);

  it('writes matrix, field and resampled image, and says how well they fit', async () => {
    const { code, stdout } = await photopeak(
      ...[
        'register',
        file('fixed.nii.gz'),
        file('moving.nii.gz'),
        '--kind',
        'ct-ct',
        '--out',
        file('out'),
        '--json',
      ],
    );
    expect(code).toBe(0);
    const { seconds, peakMemoryMb, ...rest } = JSON.parse(stdout);
    expect(seconds).toBeGreaterThan(0);
    expect(peakMemoryMb).toBeGreaterThan(50);
    const result = registered.parse(rest);
    expect(result.used).toBe('deformable');
    expect(result.similarity.after).toBeGreaterThan(result.similarity.before + 0.02);
    expect(readdirSync(file('out')).sort()).toEqual([
      'field.mha',
      'registration.json',
      'resampled.nii.gz',
      'transform.txt',
    ]);
    const resampled = readNifti(readFileSync(file('out/resampled.nii.gz')));
    expect(resampled.size).toEqual(pair.fixed.size);
  });

  it('registers rigidly on request', async () => {
    const { code, stdout } = await photopeak(
      ...['register', file('fixed.nii.gz'), file('moving.nii.gz'), '--type', 'rigid', '--json'],
    );
    expect(code).toBe(0);
    const result = registered.parse(JSON.parse(stdout));
    expect(result.used).toBe('rigid');
    expect(result.field).toBeNull();
    // The shift of rest: the moving image lies at +4, -3 of the fixed one.
    const back = transformPoint(result.matrix as unknown as Mat4, [0, 0, 120]);
    expect(Math.hypot(back[0] + 4, back[1] - 3)).toBeLessThan(4);
  });

  it('says what is wrong with a path and a type', async () => {
    const missing = await photopeak('register', file('none.nii.gz'), file('moving.nii.gz'));
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('REGISTER_NO_IMAGE');
    const type = await photopeak(
      'register',
      file('fixed.nii.gz'),
      file('moving.nii.gz'),
      '--type',
      'elastic',
    );
    expect(type.code).toBe(2);
    expect(type.stderr).toContain('rigid, affine, deformable');
  });
});

describe('photopeak register, DICOM', () => {
  let out: string;
  let result: Registered;
  let truth: { readonly landmarks: readonly { readonly petMm: Vec3; readonly ctMm: Vec3 }[] };
  beforeAll(async () => {
    const study = path.join(folder, 'study');
    out = path.join(folder, 'dicom-out');
    const { truthFile } = await writeTinyStudy(study, {
      respiratoryMismatchMm: 0,
      rigidMismatch: { shiftMm: [9, -7, 12], rotationDegrees: [0, 0, 3] },
    });
    truth = JSON.parse(readFileSync(truthFile, 'utf8'));
    const { stdout, code } = await photopeak(
      ...['register', path.join(study, 'dicom', 'ct'), path.join(study, 'dicom', 'pet')],
      ...['--type', 'rigid', '--out', out, '--json'],
    );
    expect(code).toBe(0);
    result = registered.parse(JSON.parse(stdout));
  });

  it('brings the PET of a patient who moved to the CT, and scores it better than before', () => {
    const errors = truth.landmarks.map(({ petMm, ctMm }) => {
      const p = transformPoint(result.matrix as unknown as Mat4, petMm);
      return Math.hypot(p[0] - ctMm[0], p[1] - ctMm[1], p[2] - ctMm[2]);
    });
    expect(errors.reduce((sum, mm) => sum + mm, 0) / errors.length).toBeLessThan(3);
    expect(result.similarity.after).toBeGreaterThan(result.similarity.before);
    expect(result.score?.after.score).toBeGreaterThan(result.score?.before.score ?? 0);
  });

  it('writes the same matrix into the registration object', () => {
    const { dataset } = parsePart10(readFileSync(path.join(out, 'registration.dcm')));
    const registration = readRegistration(dataset);
    if (registration.kind !== 'matrix') throw new Error('expected a matrix');
    const written = registration.items[1]!.toRegistered;
    for (const [n, value] of result.matrix.entries()) expect(written[n]).toBeCloseTo(value, 4);
  });

  it('writes the resampled PET in the frame of the CT, and a fusion of the two', () => {
    const slice = parsePart10(readFileSync(path.join(out, 'resampled', '0001.dcm'))).dataset;
    expect(slice.text('Modality')).toBe('PT');
    expect(slice.text('FrameOfReferenceUID')).toBe(result.fixed.frameOfReferenceUid);
    expect(slice.number('Rows')).toBe(result.fixed.size[1]);
    const fusion = parsePart10(readFileSync(path.join(out, 'fusion.dcm'))).dataset;
    const above = fusion.items('BlendingSequence')[0]?.item('ReferencedSeriesSequence');
    expect(above?.text('SeriesInstanceUID')).toBe(slice.text('SeriesInstanceUID'));
  });

  describeWithPeers('as other software sees it', ['dciodvfy'], () => {
    it.each(['registration.dcm', 'fusion.dcm', 'resampled/0001.dcm'])('has no error: %s', (name) => {
      const { output } = runPeer('dciodvfy', ['-new', path.join(out, name)]);
      expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    });
  });
});

describeWithData('photopeak register, DICOM of other makers', () => {
  it('uses a deformable registration object of another writer as it is', async () => {
    const golden = dataFile('golden');
    const out = path.join(folder, 'golden');
    const { stdout, stderr, code } = await photopeak(
      ...['register', golden, golden, '--registration', path.join(golden, 'reg_deformable.dcm')],
      ...['--fixed-series', seriesOf('ct_0.dcm'), '--moving-series', seriesOf('pt_0.dcm')],
      ...['--out', out, '--json'],
    );
    expect(stderr + stdout).not.toContain('UNEXPECTED');
    expect(code).toBe(0);
    const result = registered.parse(JSON.parse(stdout));
    expect(result.used).toBe('given');
    expect(result.field?.size).toEqual([4, 4, 3]);
    // What was written says the same as what was given.
    const [given, written] = [
      path.join(golden, 'reg_deformable.dcm'),
      path.join(out, 'registration.dcm'),
    ].map((name) => readRegistration(parsePart10(readFileSync(name)).dataset));
    if (given?.kind !== 'deformable' || written?.kind !== 'deformable')
      throw new Error('expected deformations');
    const grid = given.items[0]!.grid!;
    const node = [grid.origin[0] + grid.spacingMm[0], grid.origin[1], grid.origin[2] + 1] as const;
    const [a, b] = [deformPoint(given.items[0]!, node)!, deformPoint(written.items[0]!, node)!];
    for (const axis of [0, 1, 2] as const) expect(b[axis]).toBeCloseTo(a[axis], 3);
    expect(existsSync(path.join(out, 'resampled', '0001.dcm'))).toBe(true);
  });

  function seriesOf(name: string): string {
    return parsePart10(readFileSync(dataFile('golden', name))).dataset.text('SeriesInstanceUID') ?? '';
  }
});

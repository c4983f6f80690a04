import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { coneBeam, evenAngles } from '@photopeak/analysis';
import { errorsOf, readFilePart10, validate } from '@photopeak/dicom';
import { readNifti } from '@photopeak/imaging';
import { projectBodies } from '@photopeak/phantom';
import type { KspaceReconstructed, Reconstructed } from '@photopeak/pipelines';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-reconstruct-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

describeWithPeers('a physicist reconstructs the raw views of a cone-beam phantom', ['dciodvfy'], () => {
  const geometry = coneBeam({
    sourceToAxisMm: 600,
    sourceToDetectorMm: 1000,
    detectorSize: [48, 32],
    pixelMm: [6, 6],
    anglesRad: evenAngles(90),
  });
  const cylinder = { center: [0, 0, 0], halfAxesMm: [60, 60, 1e6], value: 0.02 } as const;
  let report: Reconstructed;
  beforeAll(async () => {
    const { data } = projectBodies([cylinder], geometry);
    const raw = await write('views.raw', new Uint8Array(data.buffer));
    const file = await write(
      'geometry.yaml',
      [
        'version: 1',
        'beam: cone',
        'sourceToAxisMm: 600',
        'sourceToDetectorMm: 1000',
        'detector: { size: [48, 32], pixelMm: [6, 6] }',
        `angles: { degrees: [${evenAngles(90, 360).join(', ')}] }`,
        'volume: { size: [40, 40, 8], spacingMm: [4, 4, 4] }',
        'waterPerMm: 0.02',
      ].join('\n'),
    );
    const words = [
      '--geometry',
      file,
      '--out',
      path.join(folder, 'out'),
      '--json',
      '--at',
      '2026-01-02T03:04:05',
    ];
    const run = await photopeak('reconstruct', raw, ...words, '--patient-id', 'PHANTOM-1');
    expect(run.code, run.stderr).toBe(0);
    report = JSON.parse(run.stdout) as Reconstructed;
  }, 60_000);

  it('gets water at 0 HU', async () => {
    const { data, size } = readNifti(await readFile(path.join(folder, 'out/reconstruction.nii.gz')));
    expect(size).toEqual([40, 40, 8]);
    expect(Math.abs(data[20 + 40 * (20 + 40 * 4)]!)).toBeLessThan(10);
    expect(data[40 * 40 * 4]!).toBeLessThan(-850);
    expect(report.method).toBe('fdk');
  });

  it('gets a CT series that others read', async () => {
    expect(report.files.filter((name) => name.endsWith('.dcm'))).toHaveLength(8);
    const slice = path.join(folder, 'out/dicom/0005.dcm');
    const { dataset } = readFilePart10(slice);
    expect(errorsOf(validate(dataset))).toEqual([]);
    expect(dataset.text('PatientID')).toBe('PHANTOM-1');
    const { output } = runPeer('dciodvfy', ['-new', slice]);
    expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
  });
});

describeWithData('the real tooth', () => {
  it('is reconstructed with its centre of rotation found', async () => {
    const geometry = await write(
      'tooth.yaml',
      [
        'version: 1',
        'beam: parallel',
        'detector: { pixelMm: [1, 1], rows: [0, 0] }',
        'angles: { dataset: /exchange/theta }',
        'centerOfRotation: auto',
        'data: { kind: counts, dark: /exchange/data_dark, white: /exchange/data_white }',
        'corrections: { ringWindow: 9 }',
        'volume: { size: [320, 320, 1], spacingMm: [2, 2, 1] }',
      ].join('\n'),
    );
    const tooth = dataFile('kspace_and_sino', 'tooth.h5');
    const run = await photopeak('reconstruct', tooth, '--geometry', geometry, '--out', folder, '--json');
    expect(run.code, run.stderr).toBe(0);
    const { geometry: found } = JSON.parse(run.stdout) as Reconstructed;
    expect(Math.abs(found.centerOfRotation!.column - 295.9)).toBeLessThan(0.5);
    const { data } = readNifti(await readFile(path.join(folder, 'reconstruction.nii.gz')));
    // Enamel, dentine and air are three levels.
    const near = (level: number) => data.filter((value) => Math.abs(value - level) < 0.0009).length;
    expect(near(0)).toBeGreaterThan(60_000);
    expect(near(0.0048)).toBeGreaterThan(1000);
    expect(near(0.0083)).toBeGreaterThan(3000);
  }, 60_000);

  it('and its k-space neighbour, a simulated brain in ISMRMRD', async () => {
    const brain = dataFile('kspace_and_sino', 'acqDataBrainSim100.h5');
    const run = await photopeak('reconstruct', brain, '--kspace', '--json', '--out', folder);
    expect(run.code, run.stderr).toBe(0);
    const report = JSON.parse(run.stdout) as KspaceReconstructed;
    expect(report).toMatchObject({ method: 'zero-filled', size: [256, 256, 1], coils: 1, sampled: 1 });
  }, 60_000);
});

describe('photopeak reconstruct', () => {
  it('says what is wrong with a geometry', async () => {
    const geometry = await write('wrong.yaml', 'version: 1\nbeam: spiral\n');
    const run = await photopeak('reconstruct', 'views.npy', '--geometry', geometry);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('RECONSTRUCTION_GEOMETRY_FILE');
    expect(run.stderr).toContain('beam');
  });

  it('asks for a geometry or k-space', async () => {
    const run = await photopeak('reconstruct', 'views.npy');
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('--geometry');
  });
});

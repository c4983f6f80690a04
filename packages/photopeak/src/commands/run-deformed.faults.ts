import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deformPoint, parsePart10, readRegistration, validate } from '@photopeak/dicom';
import type { Vec3 } from '@photopeak/imaging';
import { type PetctSummary, petctSummary } from '@photopeak/pipelines';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { writeTinyStudy } from '../testing/tiny-study.ts';

let folder: string;
let out: string;
let summary: PetctSummary;
let truth: { readonly landmarks: readonly { name: string; petMm: Vec3; ctMm: Vec3 }[] };
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'photopeak-deformed-'));
  const study = path.join(folder, 'study');
  const { truthFile } = await writeTinyStudy(study, { respiratoryMismatchMm: 24 });
  truth = JSON.parse(readFileSync(truthFile, 'utf8'));
  out = path.join(folder, 'out');
  const { code, stderr } = await photopeak(
    ...['run', path.join(study, 'dicom'), '--out', out, '--resampled-pet'],
  );
  expect([0, 3], stderr).toContain(code);
  summary = petctSummary.parse(JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => parsePart10(readFileSync(path.join(out, name))).dataset;

describe('a study whose CT was taken in deeper inspiration than its PET', () => {
  it('is deformed beyond the alignment of the scanner, because that scores better, and says so', () => {
    const { registration } = summary;
    expect(registration).toMatchObject({ used: 'identity', deformable: { used: true } });
    expect(registration!.deformable!.deformedScore).toBeGreaterThan(registration!.deformable!.linearScore!);
    expect(registration!.score).toBe(registration!.deformable!.deformedScore);
    expect(registration!.reason).toContain('deformed to the CT');
    const dome = registration!.regions.find(({ name }) => name === 'liver dome');
    expect(dome?.misalignmentMm).toBeLessThan(6);
    expect(summary.findings.map(({ code }) => code)).toContain('ALIGNMENT_DEFORMED');
    expect(readFileSync(path.join(out, 'report.html'), 'utf8')).toContain('deformed to the CT');
  });

  it('brings the landmarks of the CT to where the PET shows them, through the object on disk', () => {
    const object = read('deformable-registration.dcm');
    expect(validate(object).filter(({ severity }) => severity === 'error')).toEqual([]);
    const registration = readRegistration(object);
    if (registration.kind !== 'deformable') throw new Error('expected a deformation');
    const errors = (move: (point: Vec3) => Vec3) =>
      truth.landmarks.map(({ name, ctMm, petMm }) => {
        const found = move(ctMm);
        return { name, mm: Math.hypot(...found.map((mm, axis) => mm - petMm[axis]!)) };
      });
    const mean = (list: ReturnType<typeof errors>) => list.reduce((sum, { mm }) => sum + mm, 0) / list.length;
    const before = errors((point) => point);
    const after = errors((point) => deformPoint(registration.items[0]!, point) ?? point);
    expect(mean(after)).toBeLessThan(0.6 * mean(before));
    // What did not move stays within what such voxels show.
    for (const [n, { mm, name }] of after.entries()) expect(mm, name).toBeLessThan(before[n]!.mm + 4);
  });

  it('delivers the deformed PET and its fusion with the CT, and measures on the PET as it is', () => {
    const [first] = readdirSync(path.join(out, 'resampled-pet'));
    const slice = read(path.join('resampled-pet', first!));
    expect(slice.text('DerivationDescription')).toContain('deformed');
    const above = read('fusion.dcm').items('BlendingSequence')[0]?.item('ReferencedSeriesSequence');
    expect(above?.text('SeriesInstanceUID')).toBe(slice.text('SeriesInstanceUID'));
    const linear = readRegistration(read('registration.dcm'));
    expect(linear.kind).toBe('matrix');
    const [lesion] = summary.lesions;
    expect(lesion?.suvMax).toBeGreaterThan(6);
  });
});

describeWithPeers('a deformed study, as other software sees it', ['dciodvfy', 'dcmdump', 'dsrdump'], () => {
  it('has no errors, and a grid that others read', () => {
    const [slice] = readdirSync(path.join(out, 'resampled-pet'));
    const names = ['registration.dcm', 'deformable-registration.dcm', 'fusion.dcm', `resampled-pet/${slice}`];
    for (const name of names) {
      const { output } = runPeer('dciodvfy', [path.join(out, name)]);
      expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    }
    const report = runPeer('dsrdump', ['+Pu', path.join(out, 'measurements-sr.dcm')]).output;
    for (const name of ['registration.dcm', 'deformable-registration.dcm'])
      expect(report).toContain(read(name).text('SOPInstanceUID'));
    const { status, output } = runPeer('dcmdump', [
      ...['+P', 'GridDimensions', '+P', 'VectorGridData'],
      path.join(out, 'deformable-registration.dcm'),
    ]);
    expect(status, output).toBe(0);
    const [x, y, z] = (/\(0064,0007\) UL (\d+)\\(\d+)\\(\d+)/.exec(output)?.slice(1) ?? []).map(Number);
    const object = read('deformable-registration.dcm');
    const registration = readRegistration(object);
    if (registration.kind !== 'deformable') throw new Error('expected a deformation');
    expect(registration.items[0]!.grid?.size).toEqual([x, y, z]);
  });
});

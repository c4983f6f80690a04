import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  dcm,
  deformPoint,
  photopeak as own,
  parsePart10,
  readMeasurementReport,
  readRegistration,
  readSegmentation,
  sameCode,
  umls,
} from '@photopeak/dicom';
import type { LesionRequest } from '@photopeak/phantom';
import { type ComparisonSummary, comparisonSummary, petctSummary } from '@photopeak/pipelines';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, writeTinyStudy } from '../testing/tiny-study.ts';

/** One that grows, one that goes, one that comes. */
const LESIONS: readonly LesionRequest[] = [
  {
    kind: 'lung',
    site: 'right upper lobe',
    course: [
      { radiusMm: 15, suv: 9 },
      { radiusMm: 19, suv: 13 },
    ],
  },
  { kind: 'lung', site: 'left upper lobe', course: [{ radiusMm: 17, suv: 12 }, null] },
  { kind: 'lung', site: 'left lower lobe', course: [null, { radiusMm: 16, suv: 10 }] },
];

let folder = '';
const below = (...parts: string[]) => path.join(folder, ...parts);
let summary: ComparisonSummary;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-comparison-'));
  for (const visit of [0, 1]) await writeTinyStudy(below(`visit-${visit}`), { visit, lesions: LESIONS });
  const out = below('out');
  const options = [
    '--prior',
    below('visit-0', 'dicom'),
    '--out',
    out,
    '--set',
    'criteria=["percist","lugano"]',
  ];
  const run = await photopeak('run', 'prior-comparison', below('visit-1', 'dicom'), ...options);
  expect(run.code, run.stderr).toBe(0);
  summary = comparisonSummary.parse(JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')));
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = async (name: string) => parsePart10(await readFile(below('out', name)));

describe('a study against one from before', () => {
  it('finds which lesion stayed, which went and which came, and how they changed', async () => {
    const truth = await Promise.all(
      [0, 1].map(async (visit) =>
        JSON.parse(await readFile(below(`visit-${visit}`, 'truth', 'truth.json'), 'utf8')),
      ),
    );
    expect(truth.map(({ lesions }) => lesions.map(({ id }: { id: number }) => id))).toEqual([
      [1, 2],
      [1, 3],
    ]);
    const states = summary.lesions.map(({ state }) => state);
    expect(states.toSorted()).toEqual(['new', 'persisting', 'resolved']);
    const near = (position: readonly number[], id: number) => {
      const { centerPetMm } = truth[1].lesions.find((lesion: { id: number }) => lesion.id === id);
      return Math.hypot(...position.map((mm, axis) => mm - centerPetMm[axis]));
    };
    const of = (state: string) => summary.lesions.find((lesion) => lesion.state === state)!;
    expect(near(of('persisting').position, 1)).toBeLessThan(8);
    expect(near(of('new').position, 3)).toBeLessThan(8);
    // It was 15 mm and is 19 mm: the volume doubles.
    const grown = of('persisting').fromPrevious;
    expect(grown.mtvMl?.relative).toBeGreaterThan(0.5);
    expect(grown.suvMax?.relative).toBeGreaterThan(0.2);
    const [before, now] = of('resolved').timePoints;
    expect(before?.values?.suvMax).toBeGreaterThan(8);
    expect(now?.values).toBeNull();
    // Where it was is lung: below half of what it had.
    expect(now?.residual?.suvMax).toBeLessThan(3);
    expect(summary.registrations).toHaveLength(1);
    expect(summary.registrations[0]?.used).toBe('deformable');
  });

  it('judges response with the arithmetic', () => {
    const percist = summary.response.find(({ criteria }) => criteria === 'PERCIST 1.0');
    expect(percist).toMatchObject({ status: 'assessed', category: 'PMD', against: 1 });
    expect(percist?.statements[0]).toMatchObject({ holds: true, values: { newLesions: 1 } });
    expect(summary.response.map(({ criteria }) => criteria)).toContain('Lugano 2014, PET-CT');
    const count = summary.trends.find(({ name }) => name === 'number of lesions');
    expect(count?.points.map(({ value }) => value)).toEqual([2, 2]);
    expect(count?.points[1]?.day).toBeGreaterThan(50);
  });

  it('keeps the Tracking UID that a lesion had in its own study, in SEG and SR', async () => {
    const alone = below('out-alone');
    const run = await photopeak('run', below('visit-0', 'dicom'), '--out', alone);
    expect(run.code, run.stderr).toBe(0);
    const then = petctSummary.parse(JSON.parse(await readFile(path.join(alone, 'summary.json'), 'utf8')));
    const before = new Set(then.lesions.map(({ trackingUid }) => trackingUid));
    expect(before.size).toBe(2);
    const byState = new Map(summary.lesions.map((lesion) => [lesion.state, lesion.trackingUid]));
    expect(before.has(byState.get('persisting')!)).toBe(true);
    expect(before.has(byState.get('resolved')!)).toBe(true);
    expect(before.has(byState.get('new')!)).toBe(false);
    const segmentation = await readSegmentation(await read('comparison-seg.dcm'));
    expect(new Set(segmentation.segments.map(({ trackingUid }) => trackingUid))).toEqual(
      new Set([byState.get('persisting'), byState.get('new')]),
    );

    const { groups } = readMeasurementReport((await read('comparison-sr.dcm')).dataset);
    const persisting = groups.filter(({ trackingUid }) => trackingUid === byState.get('persisting'));
    expect(
      persisting.map(({ template, timePoint }) => [template, timePoint?.timePoint, timePoint?.order]),
    ).toEqual([
      ['1411', 'current', 2],
      ['1501', 'baseline', 1],
    ]);
    expect(persisting[0]?.timePoint?.offset).toMatchObject({ event: umls.baseline });
    expect(persisting[0]?.measurements.map(({ name }) => name.value)).toContain(own.changeSuvPeak.value);
    const resolved = groups.filter(({ trackingUid }) => trackingUid === byState.get('resolved'));
    expect(resolved.map(({ timePoint, finding }) => [timePoint?.timePoint, finding?.value])).toEqual([
      ['baseline', '52988006'],
      ['current', own.residualUptake.value],
    ]);
    const response = groups.find(({ finding }) => sameCode(finding, dcm.responseEvaluation));
    expect(response?.evaluations.map(({ value }) => value)).toContainEqual(own.percist);
    expect(response?.evaluations.map(({ value }) => value)).toContain('PMD: progressive metabolic disease');
  }, 300_000);

  it('writes the registration of the earlier CT to the current one', async () => {
    const registration = readRegistration((await read('prior-registration.dcm')).dataset);
    if (registration.kind !== 'matrix') throw new Error(registration.kind);
    // The fixed images stand in it with a matrix that moves nothing, the earlier ones with ours.
    const matrices = registration.items.map(({ toRegistered }) => toRegistered);
    const ours = summary.registrations[0]!.matrix;
    const moving = matrices.find((matrix) => Math.abs(matrix[11] - ours[11]!) < 1e-3);
    ours.forEach((value, index) => {
      expect(moving?.[index]).toBeCloseTo(value, 6);
    });
    const deformation = readRegistration((await read('prior-deformation-1.dcm')).dataset);
    if (deformation.kind !== 'deformable') throw new Error(deformation.kind);
    expect(deformation.registeredFrameOfReferenceUid).toBe(registration.registeredFrameOfReferenceUid);
    // The lesion that stayed is found where the earlier study has it.
    const truth = JSON.parse(await readFile(below('visit-0', 'truth', 'truth.json'), 'utf8'));
    const { centerCtMm } = truth.lesions.find(({ id }: { id: number }) => id === 1);
    const now = JSON.parse(await readFile(below('visit-1', 'truth', 'truth.json'), 'utf8'));
    const there = now.lesions.find(({ id }: { id: number }) => id === 1).centerCtMm;
    const item = deformation.items.find(({ grid }) => grid !== undefined)!;
    const carried = deformPoint(item, there)!;
    expect(Math.hypot(...carried.map((mm, axis) => mm - centerCtMm[axis]))).toBeLessThan(6);
  });
});

describeWithPeers('results of a comparison, as other software sees them', ['dciodvfy', 'dsrdump'], () => {
  it('have no errors', async () => {
    const names = (await readdir(below('out'))).filter((name) => name.endsWith('.dcm'));
    expect(names.toSorted()).toEqual([
      'comparison-captures.dcm',
      'comparison-seg.dcm',
      'comparison-sr.dcm',
      'prior-deformation-1.dcm',
      'prior-registration.dcm',
    ]);
    for (const name of names) {
      const { output } = runPeer('dciodvfy', [below('out', name)]);
      expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    }
    const dump = runPeer('dsrdump', ['+Pc', '+Pt', below('out', 'comparison-sr.dcm')]);
    expect(dump.status, dump.output).toBe(0);
    expect(dump.output).not.toMatch(/^[EF]: /m);
    expect(dump.output).toContain('Time Point Order');
  });
});

describe('a comparison that cannot be made', () => {
  const run = (...args: string[]) => photopeak('run', ...args, '--out', below('nothing'));
  const [then, now] = ['visit-0', 'visit-1'];

  it('says so before anything is computed', async () => {
    const stranger = await copySeries(below('visit-0'), ['ct', 'pet'], below('stranger'), (dataset) =>
      dataset.set('PatientID', 'SOMEBODY-ELSE'),
    );
    const results = await Promise.all([
      run('prior-comparison', below(now, 'dicom')),
      run('petct-oncology', below(now, 'dicom'), '--prior', below(then, 'dicom')),
      run('prior-comparison', below(now, 'dicom'), '--prior', stranger),
      run('prior-comparison', below(then, 'dicom'), '--prior', below(now, 'dicom')),
    ]);
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    const [none, untaken, mixed, swapped] = results.map(({ stderr }) => stderr);
    expect(none).toMatch(/OPTION_INVALID.*--prior.*1 to 6 studies/);
    expect(untaken).toMatch(/OPTION_INVALID.*--prior/);
    expect(mixed).toContain('INPUT_MIXED_PATIENTS');
    expect(swapped).toContain('COMPARISON_ORDER');
  });
});

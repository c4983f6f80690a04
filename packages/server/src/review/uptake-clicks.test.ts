import { petctSummary } from '@photopeak/pipelines';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import { calibrateSite, uptakeClicks } from './uptake-clicks.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
  await database.db
    .insertInto('study')
    .values({ study_instance_uid: '1.2.3', weight_kg: null, size_m: null })
    .execute();
});
afterAll(() => database.stop());

const region = (id: string, logOdds: number, aside: boolean) => ({
  id,
  trackingUid: id,
  label: id,
  segmentNumber: 1,
  site: null,
  laterality: null,
  siteConfidence: null,
  physiological: aside ? { kind: 'bowel', reason: 'it looks so' } : null,
  uptake: { physiological: 0.5, logOdds, explanation: '' },
  centroid: [0, 0, 0] as [number, number, number],
  maximumPosition: [0, 0, 0] as [number, number, number],
  voxels: 10,
  suvMax: 5,
  suvPeak: null,
  suvPeakNote: null,
  suvMean: 4,
  suvSd: 1,
  suvMin: 3,
  mtvMl: 1,
  tlgG: 4,
  threshold: { method: 'fixed', value: 3 },
});

const summary = petctSummary.parse({
  schema: 'photopeak/petct-oncology/summary/1',
  pipeline: { name: 'petct-oncology', version: '0.1.0' },
  run: { key: 'k', at: '2026-11-23T10:15:00' },
  notice: '',
  study: { studyInstanceUid: '1.2.3', studyDate: null, description: '', patientHash: '' },
  chosen: { pet: null, ct: null, rejected: [] },
  tracer: {
    name: 'psma',
    title: 'PSMA',
    agent: 'PSMA-11',
    radionuclide: null,
    reason: '',
    takenUpBy: [],
    remarks: [],
  },
  suv: null,
  registration: null,
  references: null,
  anatomy: [],
  suvKind: 'bw',
  candidates: { method: 'fixed', threshold: 3, minimumMl: 0.5 },
  lesions: [region('L1', -3, false), region('L2', -1, false), region('L3', 0.5, false)],
  physiologicalUptake: [region('P1', 1, true), region('P2', 4, true)],
  totals: { count: 3, mtvMl: 3, tlgG: 12, suvMax: 5, dmaxMm: null },
  objects: [],
  findings: [],
});

async function signedRun(id: string, queuedAt: string, review: 'draft' | 'signed') {
  await database.db
    .insertInto('run')
    .values({
      id,
      run_key: id,
      result_key: id,
      study_instance_uid: '1.2.3',
      route: 'r',
      pipeline: 'petct-oncology',
      pipeline_version: '0.1.0',
      pipeline_title: '',
      parameters: '{}',
      phase: 'assist',
      deliver: '[]',
      priority: 0,
      content_at: '2026-11-23T10:15:00',
      input: '[]',
      review,
      summary: JSON.stringify(summary),
      off_peak: null,
      error: null,
      queued_at: new Date(queuedAt),
    })
    .execute();
}

const decide = (run: string, finding: string, action: 'accept' | 'modify' | 'reject' | 'take-back') =>
  database.db
    .insertInto('decision')
    .values({
      run_id: run,
      finding_id: finding,
      action,
      name: null,
      site: null,
      comment: null,
      decided_by: 'mira',
      decided_by_name: 'Mira Reader',
    })
    .execute();

it('the newest decisions of the newest signed run say what readers think of the model', async () => {
  await signedRun('before', '2026-11-01T00:00:00Z', 'signed');
  await decide('before', 'L1', 'reject');
  await signedRun('now', '2026-11-02T00:00:00Z', 'signed');
  await signedRun('draft', '2026-11-03T00:00:00Z', 'draft');
  await decide('draft', 'L1', 'reject');
  await decide('now', 'L1', 'accept');
  await decide('now', 'L2', 'accept');
  await decide('now', 'L2', 'reject');
  await decide('now', 'L3', 'reject');
  await decide('now', 'L3', 'take-back');
  await decide('now', 'P1', 'accept');
  expect(await uptakeClicks(database.db)).toEqual([
    { tracer: 'psma', logOdds: -3, isPhysiological: false },
    { tracer: 'psma', logOdds: -1, isPhysiological: true },
    { tracer: 'psma', logOdds: 1, isPhysiological: false },
  ]);
});

it('what was made of their decisions is in the audit trail', async () => {
  const { parameter, outcomes } = await calibrateSite({ db: database.db, actor: 'command-line' });
  expect([parameter, outcomes.map(({ outcome }) => outcome.status)]).toEqual([{}, ['kept']]);
  const { entry } = await database.db
    .selectFrom('audit')
    .select('entry')
    .orderBy('sequence', 'desc')
    .executeTakeFirstOrThrow();
  expect(JSON.parse(entry)).toMatchObject({
    kind: 'calibration',
    actor: 'command-line',
    subject: 'uptakeCalibration',
    detail: { parameter: {}, outcomes: [{ tracer: 'psma', outcome: { status: 'kept', clicks: 3 } }] },
  });
});

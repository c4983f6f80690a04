import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { petctSummary } from '@photopeak/pipelines';
import { defaultConfiguration, openNodeStore } from '@photopeak/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

let data = '';
beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'photopeak-lesions-'));
  // As root the database runs under another account, which has to enter.
  await chmod(data, 0o755);
});
afterAll(() => rm(data, { recursive: true, force: true }));

/** Uptake of a PSMA study with the log-odds that the model gave it. */
const uptake = (id: string, logOdds: number) => ({
  id,
  trackingUid: id,
  label: id,
  segmentNumber: 1,
  site: null,
  laterality: null,
  siteConfidence: null,
  physiological: null,
  uptake: { physiological: 0.5, logOdds, explanation: '' },
  centroid: [0, 0, 0],
  maximumPosition: [0, 0, 0],
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

/** A signed study in which the readers rejected and accepted findings that the model thought likelier to be lesions. */
async function readStudy(): Promise<void> {
  const node = await openNodeStore({
    configuration: defaultConfiguration(),
    dataFolder: path.join(data, 'node'),
  });
  try {
    const clicks = Array.from({ length: 40 }, (_, n) => ({
      id: `L${n}`,
      logOdds: -2.6 + 0.05 * n,
      action: n % 4 === 0 ? ('accept' as const) : ('reject' as const),
    }));
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
      lesions: clicks.map(({ id, logOdds }) => uptake(id, logOdds)),
      physiologicalUptake: [],
      totals: { count: 40, mtvMl: 40, tlgG: 160, suvMax: 5, dmaxMm: null },
      objects: [],
      findings: [],
    });
    await node.db
      .insertInto('study')
      .values({ study_instance_uid: '1.2.3', weight_kg: null, size_m: null })
      .execute();
    await node.db
      .insertInto('run')
      .values({
        id: 'read',
        run_key: 'read',
        result_key: 'read',
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
        review: 'signed',
        summary: JSON.stringify(summary),
        off_peak: null,
        error: null,
      })
      .execute();
    await node.db
      .insertInto('decision')
      .values(
        clicks.map(({ id, action }) => ({
          run_id: 'read',
          finding_id: id,
          action,
          name: null,
          site: null,
          comment: null,
          decided_by: 'mira',
          decided_by_name: 'Mira Reader',
        })),
      )
      .execute();
  } finally {
    await node.close();
  }
}

it('the administrator fits the model to the decisions of the readers, and the audit trail knows it', async () => {
  await readStudy();
  const node = ['--data', path.join(data, 'node')];
  const fitted = await photopeak('lesions', 'calibrate', ...node, '--json');
  expect([fitted.code, fitted.stderr]).toEqual([0, '']);
  const { parameter, outcomes } = JSON.parse(fitted.stdout);
  expect(outcomes).toMatchObject([{ tracer: 'psma', outcome: { status: 'fitted', clicks: 40 } }]);
  expect(outcomes[0].outcome.loss).toBeLessThan(outcomes[0].outcome.lossBefore);
  // Three quarters were rejected of what the model took for lesions: the probability has to rise.
  expect(parameter.psma.intercept).toBeGreaterThan(0.5);

  const store = await openNodeStore({
    configuration: defaultConfiguration(),
    dataFolder: path.join(data, 'node'),
  });
  try {
    const entries = await store.db.selectFrom('audit').select('entry').orderBy('sequence').execute();
    expect(entries.map(({ entry }) => JSON.parse(entry))).toMatchObject([
      { kind: 'calibration', actor: 'command-line', detail: { parameter } },
    ]);
  } finally {
    await store.close();
  }
}, 60_000);

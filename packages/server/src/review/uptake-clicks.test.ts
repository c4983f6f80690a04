import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import { psmaSummary, uptakeRegion } from '../testing/petct-summary.ts';
import { runRow } from '../testing/run-row.ts';
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

const summary = psmaSummary({
  lesions: [uptakeRegion('L1', -3), uptakeRegion('L2', -1), uptakeRegion('L3', 0.5)],
  physiologicalUptake: [uptakeRegion('P1', 1, true), uptakeRegion('P2', 4, true)],
});

const signedRun = (id: string, queuedAt: string, review: 'draft' | 'signed') =>
  database.db
    .insertInto('run')
    .values(
      runRow(id, '1.2.3', {
        pipeline: 'petct-oncology',
        review,
        summary: JSON.stringify(summary),
        queued_at: new Date(queuedAt),
      }),
    )
    .execute();

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

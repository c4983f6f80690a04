import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultConfiguration, openNodeStore } from '@photopeak/server';
import { psmaSummary, runRow, uptakeRegion } from '@photopeak/server/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

let data = '';
beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'photopeak-lesions-'));
  // As root the database runs under another account, which has to enter.
  await chmod(data, 0o755);
});
afterAll(() => rm(data, { recursive: true, force: true }));

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
    const summary = psmaSummary({ lesions: clicks.map(({ id, logOdds }) => uptakeRegion(id, logOdds)) });
    await node.db
      .insertInto('study')
      .values({ study_instance_uid: '1.2.3', weight_kg: null, size_m: null })
      .execute();
    await node.db
      .insertInto('run')
      .values(
        runRow('read', '1.2.3', {
          pipeline: 'petct-oncology',
          review: 'signed',
          summary: JSON.stringify(summary),
        }),
      )
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

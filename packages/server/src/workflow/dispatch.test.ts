import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import { runRow } from '../testing/run-row.ts';
import { type DispatchRules, dispatchRuns } from './dispatch.ts';
import type { WorkflowEngine } from './engine.ts';

const NIGHT = { from: 1200, to: 360, timeZone: 'Europe/Berlin', weekdays: ['mon'] };

describe('runs are handed over', () => {
  let database: TestDatabase;
  let started: string[];
  beforeAll(async () => {
    database = await startTestDatabase();
    await database.db
      .insertInto('study')
      .values({ study_instance_uid: '1.2', weight_kg: null, size_m: null })
      .execute();
  });
  afterAll(() => database.stop());
  beforeEach(async () => {
    started = [];
    await database.db.deleteFrom('run').execute();
  });

  async function queue(id: string, pipeline: string, priority: number, offPeak = false): Promise<void> {
    await database.db
      .insertInto('run')
      .values(runRow(id, '1.2', { pipeline, priority, off_peak: offPeak ? JSON.stringify(NIGHT) : null }))
      .execute();
  }

  const dispatch = (limits: DispatchRules['limits'], isNight = false) => {
    const engine: Pick<WorkflowEngine, 'start'> = {
      start: async (id) => {
        started.push(id);
      },
    };
    return dispatchRuns(database.db, engine as WorkflowEngine, {
      limits,
      resourceOf: () => 'cpu',
      isOpen: () => isNight,
    });
  };
  const end = (id: string) =>
    database.db
      .updateTable('run')
      .set({ state: 'packaged', started_at: new Date(), ended_at: new Date() })
      .where('id', '=', id)
      .execute();

  it('the most urgent first, and no more of a pipeline at once than its limit', async () => {
    await queue('slow-1', 'slow', 100);
    await queue('slow-2', 'slow', 100);
    await queue('slow-urgent', 'slow', 1);
    await queue('other', 'other', 100);
    const limits = { slow: { concurrent: 1 } };
    await dispatch(limits);
    expect(started).toEqual(['slow-urgent', 'other']);
    expect(await dispatch(limits)).toBe(0);
    await end('slow-urgent');
    await dispatch(limits);
    expect(started).toEqual(['slow-urgent', 'other', 'slow-1']);
  });

  it('no more within an hour than the limit, whether they have ended or not', async () => {
    for (const id of ['a', 'b', 'c']) await queue(id, 'slow', 100);
    await dispatch({ slow: { perHour: 2 } });
    expect(started).toEqual(['a', 'b']);
    await end('a');
    expect(await dispatch({ slow: { perHour: 2 } })).toBe(0);
    expect(await dispatch({ slow: { perHour: 3 } })).toBe(1);
  });

  it('off-peak runs wait for their time and hold up nobody', async () => {
    await queue('night', 'slow', 1, true);
    await queue('day', 'slow', 100);
    await dispatch({});
    expect(started).toEqual(['day']);
    await dispatch({}, true);
    expect(started).toEqual(['day', 'night']);
  });
});

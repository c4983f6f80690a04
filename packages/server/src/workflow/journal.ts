import { sql } from 'kysely';
import { announce, type Database } from '../database/index.ts';
import type { Logger } from '../operations/logging.ts';
import type { StepJournal } from './durable-runner.ts';

/** Progress is for eyes: a few times a second is enough. */
const PROGRESS_MS = 250;

/** Writes what people see of the steps of a run. */
export function createJournal(
  db: Database,
  runId: string,
  studyInstanceUid: string,
  log: Logger,
): StepJournal {
  let lastProgress = 0;
  const tell = (
    to: Database,
    step: string,
    state: 'running' | 'done' | 'failed',
    fraction: number,
    message: string | null,
  ) => announce(to, { kind: 'step', runId, studyInstanceUid, step, state, fraction, message });
  return {
    async started(ordinal, step) {
      await db
        .insertInto('run_step')
        .values({
          run_id: runId,
          ordinal,
          name: step.name,
          version: step.version,
          state: 'running',
          message: null,
        })
        .onConflict((conflict) =>
          conflict.columns(['run_id', 'ordinal']).doUpdateSet({
            name: step.name,
            version: step.version,
            state: 'running',
            fraction: 0,
            message: null,
            attempts: sql<number>`run_step.attempts + 1`,
            started_at: new Date(),
            ended_at: null,
          }),
        )
        .execute();
      await tell(db, step.name, 'running', 0, null);
    },
    progressed(ordinal, name, fraction, message) {
      const now = Date.now();
      if (now - lastProgress < PROGRESS_MS) return;
      lastProgress = now;
      const bounded = Math.min(1, Math.max(0, fraction));
      const text = message?.slice(0, 200) ?? null;
      void (async () => {
        await db
          .updateTable('run_step')
          .set({ fraction: bounded, message: text })
          .where('run_id', '=', runId)
          .where('ordinal', '=', ordinal)
          .where('state', '=', 'running')
          .execute();
        await tell(db, name, 'running', bounded, text);
      })().catch((error: unknown) => log.debug({ run: runId, err: error }, 'progress was not written'));
    },
    async ended(ordinal, name, state) {
      await db
        .updateTable('run_step')
        .set({ state, fraction: 1, ended_at: new Date() })
        .where('run_id', '=', runId)
        .where('ordinal', '=', ordinal)
        .execute();
      await tell(db, name, state, 1, null);
    },
  };
}

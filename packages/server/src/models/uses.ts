import { performance } from 'node:perf_hooks';
import { PhotopeakError } from '@photopeak/imaging';
import type { OpenModel } from '@photopeak/models';
import { sql } from 'kysely';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { listPlacements, NO_CANDIDATE, place, rollbackModel } from './placements.ts';

/** A version of a model, and as what it is run. */
export interface ModelUser {
  readonly id: string;
  readonly version: string;
  readonly role: 'serving' | 'shadow';
}

/** Failures that say nothing against the model: it was not asked any more, or asked for something else. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set(['MODEL_STOPPED', 'MODEL_INPUT_MISSING', 'MODEL_UNKNOWN']);

/** Uses that alerts and metrics look at. */
const KEPT_DAYS = 30;

/**
 * Runs what opens a model, and has each use of it written down: how long it took to load and to run, its memory, and
 * the code of what went wrong. After so many failures in a row a version that serves is given up where the site says
 * so (`fallBackAfter`).
 */
export async function noted(
  context: { readonly db: Database; readonly fallBackAfter: number },
  user: ModelUser,
  open: () => Promise<OpenModel>,
): Promise<OpenModel> {
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const model = await open().catch(async (error: unknown) => {
    await note(context, user, { load: elapsed(), run: 0, peak: null, failure: codeOf(error) });
    throw error;
  });
  const load = elapsed();
  return {
    ...model,
    provider: model.provider,
    get runtimeVersion() {
      return model.runtimeVersion;
    },
    get peakMemoryMb() {
      return model.peakMemoryMb;
    },
    async infer(images, options) {
      const begun = performance.now();
      const seconds = () => (performance.now() - begun) / 1000;
      try {
        const results = await model.infer(images, options);
        await note(context, user, { load, run: seconds(), peak: model.peakMemoryMb, failure: null });
        return results;
      } catch (error) {
        const failure = codeOf(error);
        await note(context, user, { load, run: seconds(), peak: model.peakMemoryMb, failure });
        throw error;
      }
    },
  };
}

const codeOf = (error: unknown) => (error instanceof PhotopeakError ? error.code : 'MODEL_FAILED');

async function note(
  { db, fallBackAfter }: { readonly db: Database; readonly fallBackAfter: number },
  { id, version, role }: ModelUser,
  use: {
    readonly load: number;
    readonly run: number;
    readonly peak: number | null;
    readonly failure: string | null;
  },
): Promise<void> {
  if (use.failure !== null && NOT_ITS_FAULT.has(use.failure)) return;
  await db
    .deleteFrom('model_use')
    .where('used_at', '<', sql<Date>`now() - make_interval(days => ${KEPT_DAYS})`)
    .execute();
  await db
    .insertInto('model_use')
    .values({
      model_id: id,
      version,
      role,
      load_seconds: use.load,
      run_seconds: use.run,
      peak_memory_mb: use.peak,
      failure: use.failure,
    })
    .execute();
  if (use.failure === null || role !== 'serving' || fallBackAfter === 0) return;
  if ((await failuresInARow(db, id, version)) >= fallBackAfter) await fallBack(db, id, version);
}

/** How often a version that serves failed since it last gave a result, or was last put in use. */
export async function failuresInARow(db: Database, id: string, version: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from model_use u
    where u.model_id = ${id} and u.version = ${version} and u.role = 'serving' and u.failure is not null
      and not exists (
        select 1 from model_use good where good.model_id = u.model_id and good.version = u.version
          and good.role = 'serving' and good.failure is null and good.id > u.id)
      and u.used_at >= coalesce((
        select max(placed_at) from model_placement p where p.model_id = u.model_id and (p.version = u.version or p.candidate = u.version)),
        '-infinity')`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Versions that failed so often in a row, the last time within a day. */
export async function failingModels(
  db: Database,
  atLeast: number,
): Promise<
  { readonly id: string; readonly version: string; readonly count: number; readonly code: string }[]
> {
  const { rows } = await sql<{ id: string; version: string; code: string }>`
    select distinct on (model_id, version) model_id as id, version, failure as code from model_use
    where role = 'serving' and failure is not null and used_at > now() - interval '1 day'
    order by model_id, version, id desc`.execute(db);
  const failing = [];
  for (const row of rows) {
    const count = await failuresInARow(db, row.id, row.version);
    if (count >= atLeast) failing.push({ ...row, count });
  }
  return failing;
}

const FAILED = 'it failed repeatedly';

/**
 * Puts back what served before, in every scope where this version serves; where nothing did, it stays. A canary is taken
 * away, and the version beside it serves all studies.
 */
async function fallBack(db: Database, id: string, version: string): Promise<void> {
  const all = (await listPlacements(db)).filter(({ modelId }) => modelId === id);
  for (const { scope, candidate, ...beside } of all) {
    if (candidate?.mode !== 'canary' || candidate.version !== version || beside.version === version) continue;
    const row = {
      version: beside.version,
      phase: beside.phase,
      reason: `canary ${version} ended: ${FAILED}`,
    };
    await place({ db, actor: 'node' }, 'canary ended', { model_id: id, ...scope, ...row, ...NO_CANDIDATE });
  }
  const placed = all.filter((one) => one.version === version);
  for (const { scope } of placed) {
    try {
      await rollbackModel({ db, actor: 'node' }, id, scope, FAILED);
    } catch (error) {
      if (!(error instanceof PhotopeakError) || error.code !== 'MODEL_NOTHING_BEFORE') throw error;
      await appendAudit(db, [
        {
          kind: 'model',
          actor: 'node',
          subject: `model:${id}@${version}`,
          detail: { what: 'failed repeatedly, and nothing served before it', ...scope },
        },
      ]);
    }
  }
}

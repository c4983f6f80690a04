import { sql } from 'kysely';
import { announce, type Database } from '../../database/index.ts';
import { type AuditEvent, appendAudit } from '../../governance/index.ts';
import { decideRoute, factsNeeded } from '../../routing/index.ts';
import { type CompletionContext, queueRun, studyFacts } from '../../studies/index.ts';

export interface AlignmentContext
  extends Pick<CompletionContext, 'db' | 'archive' | 'metadata' | 'routes' | 'pipelines' | 'now'> {
  /** See `alignment.checkBelow`. */
  readonly checkBelow: number;
}

/**
 * Notes the next draft whose registration score is below the limit of the site: it waits for a technologist, and the
 * routes that are for such studies process it again. One transaction, repeated without harm.
 * @returns 1 when one was noted
 */
export async function noteNextAlignment(context: AlignmentContext): Promise<number> {
  return context.db.transaction().execute(async (transaction) => {
    const run = await nextDoubtful(transaction, context.checkBelow);
    if (run === undefined) return 0;
    const uid = run.study_instance_uid;
    const note = `Check fusion alignment, ${run.score}/100: ${run.reason}`;
    await transaction
      .insertInto('alignment_check')
      .values({
        run_id: run.id,
        study_instance_uid: uid,
        score: run.score,
        threshold: context.checkBelow,
        note,
      })
      .execute();
    const events: AuditEvent[] = [
      {
        kind: 'alignment-check',
        actor: 'node',
        subject: `run:${run.id}`,
        detail: { study: uid, score: run.score, limit: context.checkBelow },
      },
      ...(await processAgain(transaction, context, uid, run.route)),
    ];
    await announce(transaction, { kind: 'run', runId: run.id, studyInstanceUid: uid, state: run.state });
    await appendAudit(transaction, events);
    return 1;
  });
}

async function nextDoubtful(transaction: Database, checkBelow: number) {
  const score = sql<number>`(summary -> 'registration' ->> 'score')::numeric`;
  return (
    transaction
      .selectFrom('run')
      .select(['id', 'study_instance_uid', 'route', 'state'])
      .select(sql<number>`round((summary -> 'registration' ->> 'score')::numeric)::int`.as('score'))
      .select(sql<string>`coalesce(summary -> 'registration' ->> 'scoreReason', '')`.as('reason'))
      .where('state', 'in', ['packaged', 'delivered'])
      .where('review', '=', 'draft')
      .where(score, '<', checkBelow)
      // Who set an alignment has judged it.
      .where(sql<boolean>`not parameters ? 'alignment'`)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('alignment_check').select('run_id').whereRef('run_id', '=', 'run.id'))),
      )
      .orderBy('queued_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
  );
}

/** A run of such a route that still scores low is not processed once more. */
async function processAgain(
  transaction: Database,
  context: AlignmentContext,
  uid: string,
  fromRoute: string,
): Promise<AuditEvent[]> {
  const routes = context.routes.filter((route) => route.on === 'alignment');
  if (routes.length === 0 || routes.some(({ name }) => name === fromRoute)) return [];
  const facts = await studyFacts(
    { db: transaction, metadata: context.metadata },
    uid,
    factsNeeded(routes),
    context.now(),
  );
  const events: AuditEvent[] = [];
  for (const route of routes) {
    const decision = decideRoute(route, facts, 'alignment');
    if (!decision.matches || route.run === undefined) continue;
    const outcome = await queueRun(transaction, context, uid, decision);
    if ('event' in outcome && outcome.event !== undefined) events.push(outcome.event);
  }
  return events;
}

import { modalitiesOf, type Pipeline, type StudyFacts } from '@photopeak/pipelines';
import { sql } from 'kysely';
import type { Archive, MetadataStore } from '../archive/index.ts';
import type { Configuration, RouteConfiguration } from '../config/index.ts';
import { announce, type Database, type StudyStateColumn } from '../database/index.ts';
import { owe } from '../delivery/index.ts';
import { type AuditEvent, appendAudit } from '../governance/index.ts';
import { reconcileStudy } from '../orders/index.ts';
import { decideRoute, factsNeeded, type RouteDecision } from '../routing/index.ts';
import { type ClosingEvidence, closeStudy, settleWhatIsWhole } from './completeness/index.ts';
import { studyFacts } from './facts.ts';
import { PRIORITY, queueRun } from './queue-run.ts';
import { enhancementsLast, isNoLayer } from './reading-order.ts';

export interface CompletionContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly metadata: MetadataStore;
  readonly routes: readonly RouteConfiguration[];
  readonly pipelines: readonly Pipeline[];
  readonly settings: Configuration['studies'];
  /** Hears of a study that was closed. */
  readonly onClosed?: (studyInstanceUid: string, missing: number) => void;
  /** See `hl7.matchHours`. */
  readonly matchHours: number;
  /** The node's clock: content date-time of the results of runs that start now. */
  now(): Date;
}

/** After an association ended well nothing more is expected soon: the short pause instead of the long one. */
export async function settleSoon(
  db: Database,
  studyInstanceUids: readonly string[],
  settings: Configuration['studies'],
): Promise<void> {
  await db
    .updateTable('study')
    .set({
      // By the clock that dates the instances.
      association_ended_at: sql<Date>`now()`,
      // A study that was decided on stays so.
      settles_at: sql<Date | null>`case when settles_at is not null
        then least(settles_at, now() + make_interval(secs => ${settings.afterAssociationSeconds})) end`,
    })
    .where('study_instance_uid', 'in', [...studyInstanceUids])
    .execute();
}

/**
 * Decides on one study that has settled: which routes it takes, which runs that means, what is forwarded. All in
 * one transaction: a node that dies half-way decides again, and the run key makes it the same decision.
 * @returns 1 when a study was decided on, 0 when none has settled.
 */
export async function completeNext(context: CompletionContext): Promise<number> {
  await settleWhatIsWhole(context.db);
  return context.db.transaction().execute(async (transaction) => {
    const study = await transaction
      .selectFrom('study')
      .select('study_instance_uid')
      .where('settles_at', '<=', sql<Date>`now()`)
      .orderBy('settles_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (study === undefined) return 0;
    const uid = study.study_instance_uid;
    const closing = await closeStudy(transaction, context.settings, uid);
    if (closing === undefined) return 1;
    await decide(transaction, context, uid, closing);
    return 1;
  });
}

async function decide(
  transaction: Database,
  context: CompletionContext,
  uid: string,
  closing: Closing,
): Promise<void> {
  await reconcileStudy(transaction, context, uid);
  const facts = await studyFacts(
    { db: transaction, metadata: context.metadata },
    uid,
    factsNeeded(context.routes),
    context.now(),
  );
  const decisions = context.routes.map((route) => decideRoute(route, facts));
  const taken = decisions.filter((decision) => decision.matches);
  const events: AuditEvent[] = [
    ...closing.events,
    {
      kind: 'study-complete',
      actor: 'node',
      subject: `study:${uid}`,
      detail: {
        closedBy: closing.closedBy,
        instances: facts.series.reduce((sum, series) => sum + series.instanceCount, 0),
        modalities: modalitiesOf(facts),
        routes: decisions.map(({ route, matches, reasons }) => ({ name: route.name, matches, reasons })),
      },
    },
  ];
  const problems: string[] = [];
  const missing: string[] = [];
  let runs = 0;
  for (const decision of taken) {
    const { route } = decision;
    await forwardOriginals(transaction, uid, route);
    if (route.run === undefined) continue;
    const outcome = await queueRun(transaction, context, uid, decision);
    if ('problem' in outcome) problems.push(outcome.problem);
    else if ('waiting' in outcome) missing.push(outcome.waiting);
    else {
      runs += 1;
      if ('event' in outcome && outcome.event !== undefined) events.push(outcome.event);
    }
  }
  const state = stateAfter(decisions, facts, runs, problems, missing);
  const ordered = facts.order?.priority ?? 'routine';
  const priority =
    [ordered, ...taken.map(({ route }) => route.priority)].sort((a, b) => PRIORITY[a] - PRIORITY[b])[0] ??
    'routine';
  const owner = taken.find(({ route }) => route.priority === priority);
  const isOrdered = priority !== 'routine' && priority === ordered;
  const current = await currentReview(transaction, uid, state.state);
  await transaction
    .updateTable('study')
    .set({
      settles_at: null,
      closed_by: closedBy(closing, state.state, runs),
      state: current,
      state_reason: state.reason,
      priority,
      priority_reason: isOrdered ? 'order' : owner === undefined ? '' : `route ${owner.route.name}`,
      changed_at: new Date(),
    })
    .where('study_instance_uid', '=', uid)
    .execute();
  await announce(transaction, { kind: 'study', studyInstanceUid: uid, state: current });
  await appendAudit(transaction, events);
  context.onClosed?.(uid, closing.missing);
}

type Closing = NonNullable<Awaited<ReturnType<typeof closeStudy>>>;

/** What a route waited for came: that is why the study is complete now. */
function closedBy(closing: Closing, state: StudyStateColumn, runs: number): ClosingEvidence | 'awaiting' {
  if (state === 'awaiting-input') return 'awaiting';
  const isWeak = closing.closedBy === 'association' || closing.closedBy === 'quiet';
  return closing.wasAwaiting && runs > 0 && isWeak ? 'needs' : closing.closedBy;
}

/** Equal work was done before (an original came again): the study is where that run left it. */
async function currentReview(
  transaction: Database,
  uid: string,
  state: StudyStateColumn,
): Promise<StudyStateColumn> {
  if (state !== 'processing') return state;
  const newest = await transaction
    .selectFrom('run')
    .select(['state', 'review'])
    .where('study_instance_uid', '=', uid)
    .where(isNoLayer)
    .orderBy(enhancementsLast)
    .orderBy('queued_at', 'desc')
    .executeTakeFirst();
  if (newest === undefined || newest.state === 'queued' || newest.state === 'running') return state;
  if (newest.state === 'failed') return 'failed';
  return newest.review === 'none' ? 'complete' : newest.review;
}

function stateAfter(
  decisions: readonly RouteDecision[],
  facts: StudyFacts,
  runs: number,
  problems: readonly string[],
  missing: readonly string[],
): { readonly state: StudyStateColumn; readonly reason: string | null } {
  if (problems.length > 0) return { state: 'failed', reason: problems.join('; ') };
  const absent = missing.length === 0 ? null : missing.join('; ');
  if (runs > 0) return { state: 'processing', reason: absent };
  if (decisions.some((decision) => decision.matches)) return { state: 'complete', reason: absent };
  const waiting = decisions.find((decision) => decision.waitingFor.length > 0);
  if (waiting !== undefined) {
    return {
      state: 'awaiting-input',
      reason: `route ${waiting.route.name} needs ${waiting.waitingFor.join(' and ')} as well`,
    };
  }
  return {
    state: 'complete',
    reason: `no route takes this study (${modalitiesOf(facts).join(', ') || 'no modality'})`,
  };
}

async function forwardOriginals(
  transaction: Database,
  uid: string,
  route: RouteConfiguration,
): Promise<void> {
  const targets = route.deliver.filter((target) => target.send !== 'results');
  if (targets.length === 0 || route.phase === 'research') return;
  const instances = await transaction
    .selectFrom('instance')
    .selectAll()
    .where('study_instance_uid', '=', uid)
    .where('origin', '=', 'received')
    .orderBy('series_instance_uid')
    .orderBy('instance_number')
    .execute();
  for (const target of targets) {
    await owe(
      transaction,
      instances.map((row) => ({
        destination: target.to,
        sop_instance_uid: row.sop_instance_uid,
        sop_class_uid: row.sop_class_uid,
        transfer_syntax_uid: row.transfer_syntax_uid,
        study_instance_uid: uid,
        series_instance_uid: row.series_instance_uid,
        sha256: row.sha256,
        run_id: null,
      })),
    );
  }
}

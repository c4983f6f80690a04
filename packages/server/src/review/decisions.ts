import { PhotopeakError } from '@photopeak/imaging';
import { sql } from 'kysely';
import type { Decision, DecisionInput, Decisions, RunFinding, User } from '../api/contract.ts';
import type { Archive } from '../archive/index.ts';
import { announce, type Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { findingOf } from './findings.ts';
import { type SetAside, setAsideOf } from './set-aside.ts';

/** What decisions read and write. */
export interface ReviewContext {
  readonly db: Database;
  readonly archive: Archive;
}

/** The newest decision of each finding, in the order of the findings, and the findings without one. */
export async function currentDecisions(db: Database, runId: string): Promise<Decisions> {
  const findings = await db
    .selectFrom('finding')
    .select('id')
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  const rows = await db
    .selectFrom('decision')
    .distinctOn('finding_id')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('finding_id')
    .orderBy('id', 'desc')
    .execute();
  const newest = new Map(
    rows.flatMap(({ action, ...row }) =>
      action === 'take-back' ? [] : [[row.finding_id, { ...row, action }] as const],
    ),
  );
  const decisions = findings.flatMap(({ id }): Decision[] => {
    const row = newest.get(id);
    if (row === undefined) return [];
    return [
      {
        id: String(row.id),
        runId,
        findingId: id,
        action: row.action,
        name: row.name,
        site: row.site,
        comment: row.comment,
        decidedBy: row.decided_by_name,
        decidedAt: row.decided_at.toISOString(),
      },
    ];
  });
  return { decisions, undecided: findings.map(({ id }) => id).filter((id) => !newest.has(id)) };
}

/**
 * Records what a reader decided on findings of a run; earlier decisions stay in the table and in the audit trail.
 * Uptake that the run set aside becomes a finding by being accepted or modified, and is none when it is rejected.
 * @throws PhotopeakError REVIEW_NOT_READY, REVIEW_SIGNED, FINDING_UNKNOWN
 */
export async function decide(
  { db, archive }: ReviewContext,
  runId: string,
  inputs: readonly DecisionInput[],
  user: User,
): Promise<Decisions> {
  return db.transaction().execute(async (transaction) => {
    const run = await lockReview(transaction, runId);
    const known = await reportedFindings(transaction, runId);
    const others = inputs.filter(({ findingId }) => !known.has(findingId));
    if (others.length > 0) {
      const aside = await setAsideOf(transaction, archive, runId);
      for (const input of others) {
        const finding = asFinding(aside, input.findingId);
        if (input.action === 'reject') await removeAdded(transaction, runId, finding.id);
        else await add(transaction, runId, finding);
      }
    }
    if (inputs.length > 0) {
      await transaction
        .insertInto('decision')
        .values(
          inputs.map((input) => ({
            run_id: runId,
            finding_id: input.findingId,
            action: input.action,
            name: input.name ?? null,
            site: input.site ?? null,
            comment: input.comment ?? null,
            decided_by: user.id,
            decided_by_name: user.name,
          })),
        )
        .execute();
      for (const { findingId } of inputs.length === 1 ? inputs : [{ findingId: null }]) {
        await announce(transaction, { kind: 'decision', runId, studyInstanceUid: run.study, findingId });
      }
      await appendAudit(
        transaction,
        inputs.map((input) => ({
          kind: 'decision' as const,
          actor: `user:${user.id}`,
          subject: `run:${runId}`,
          // A comment is free text and may name the patient: it stays in the decision.
          detail: {
            finding: input.findingId,
            action: input.action,
            ...(known.has(input.findingId) ? {} : { setAside: true }),
            ...(input.name === undefined ? {} : { renamed: true }),
            ...(input.site === undefined ? {} : { site: input.site }),
          },
        })),
      );
    }
    return currentDecisions(transaction, runId);
  });
}

/** Ids of the findings that are in the report of the run; they need a decision. */
async function reportedFindings(transaction: Database, runId: string): Promise<ReadonlySet<string>> {
  const rows = await transaction
    .selectFrom('finding')
    .select('id')
    .where('run_id', '=', runId)
    .where('is_added', '=', false)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

function asFinding(aside: SetAside, findingId: string): RunFinding {
  const group = aside.group(findingId);
  if (group !== undefined) return findingOf(group);
  throw new PhotopeakError('the run has no such finding', { code: 'FINDING_UNKNOWN', found: findingId });
}

async function add(transaction: Database, runId: string, finding: RunFinding): Promise<void> {
  await transaction
    .insertInto('finding')
    .values((eb) => ({
      run_id: runId,
      id: finding.id,
      ordinal: eb
        .selectFrom('finding')
        .select(sql<number>`coalesce(max(ordinal), -1) + 1`.as('next'))
        .where('run_id', '=', runId),
      content: JSON.stringify(finding),
      is_added: true,
    }))
    .onConflict((conflict) => conflict.columns(['run_id', 'id']).doNothing())
    .execute();
}

async function removeAdded(transaction: Database, runId: string, findingId: string): Promise<void> {
  await transaction
    .deleteFrom('finding')
    .where('run_id', '=', runId)
    .where('id', '=', findingId)
    .where('is_added', '=', true)
    .execute();
}

/**
 * Takes the decision on a finding back: it is undecided again, and added uptake is set aside as it was. The decision
 * stays in the table and in the audit trail.
 * @throws PhotopeakError REVIEW_NOT_READY, REVIEW_SIGNED, FINDING_UNKNOWN
 */
export async function takeBack(
  { db, archive }: ReviewContext,
  runId: string,
  findingId: string,
  user: User,
): Promise<Decisions> {
  return db.transaction().execute(async (transaction) => {
    const run = await lockReview(transaction, runId);
    const { decisions, undecided } = await currentDecisions(transaction, runId);
    if (!decisions.some((decision) => decision.findingId === findingId)) {
      if (!undecided.includes(findingId)) asFinding(await setAsideOf(transaction, archive, runId), findingId);
      return { decisions, undecided };
    }
    await removeAdded(transaction, runId, findingId);
    await transaction
      .insertInto('decision')
      .values({
        run_id: runId,
        finding_id: findingId,
        action: 'take-back',
        name: null,
        site: null,
        comment: null,
        decided_by: user.id,
        decided_by_name: user.name,
      })
      .execute();
    await announce(transaction, { kind: 'decision', runId, studyInstanceUid: run.study, findingId });
    await appendAudit(transaction, [
      {
        kind: 'decision',
        actor: `user:${user.id}`,
        subject: `run:${runId}`,
        detail: { finding: findingId, action: 'take-back' },
      },
    ]);
    return currentDecisions(transaction, runId);
  });
}

export async function acceptAll(context: ReviewContext, runId: string, user: User): Promise<Decisions> {
  const { undecided } = await currentDecisions(context.db, runId);
  return decide(
    context,
    runId,
    undecided.map((findingId) => ({ findingId, action: 'accept' as const })),
    user,
  );
}

/** Locks the run for a change of its review: a decision and a signature at the same moment happen one after the other. */
export async function lockReview(transaction: Database, runId: string): Promise<{ readonly study: string }> {
  const run = await transaction
    .selectFrom('run')
    .select(['review', 'study_instance_uid'])
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirst();
  if (run === undefined)
    throw new PhotopeakError('there is no such run', { code: 'RUN_UNKNOWN', found: runId });
  if (run.review === 'signed') {
    throw new PhotopeakError('the report of this run is signed', {
      code: 'REVIEW_SIGNED',
      remedy: 'a signed report is not changed; process the study again for a new draft',
    });
  }
  if (run.review === 'none') {
    throw new PhotopeakError('the run has no results to decide on yet', { code: 'REVIEW_NOT_READY' });
  }
  return { study: run.study_instance_uid };
}

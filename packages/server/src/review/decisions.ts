import { PhotopeakError } from '@photopeak/imaging';
import type { Decision, DecisionInput, Decisions, User } from '../api/contract.ts';
import { announce, type Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';

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
 * @throws PhotopeakError REVIEW_NOT_READY, REVIEW_SIGNED, FINDING_UNKNOWN
 */
export async function decide(
  db: Database,
  runId: string,
  inputs: readonly DecisionInput[],
  user: User,
): Promise<Decisions> {
  return db.transaction().execute(async (transaction) => {
    const run = await lockReview(transaction, runId);
    const known = new Set(
      (await transaction.selectFrom('finding').select('id').where('run_id', '=', runId).execute()).map(
        ({ id }) => id,
      ),
    );
    for (const input of inputs) {
      if (!known.has(input.findingId)) {
        throw new PhotopeakError('the run has no such finding', {
          code: 'FINDING_UNKNOWN',
          found: input.findingId,
        });
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
            ...(input.name === undefined ? {} : { renamed: true }),
            ...(input.site === undefined ? {} : { site: input.site }),
          },
        })),
      );
    }
    return currentDecisions(transaction, runId);
  });
}

/**
 * Takes the decision on a finding back: it is undecided again. The decision stays in the table and in the audit trail.
 * @throws PhotopeakError REVIEW_NOT_READY, REVIEW_SIGNED, FINDING_UNKNOWN
 */
export async function takeBack(
  db: Database,
  runId: string,
  findingId: string,
  user: User,
): Promise<Decisions> {
  return db.transaction().execute(async (transaction) => {
    const run = await lockReview(transaction, runId);
    const { decisions, undecided } = await currentDecisions(transaction, runId);
    if (!decisions.some((decision) => decision.findingId === findingId)) {
      if (undecided.includes(findingId)) return { decisions, undecided };
      throw new PhotopeakError('the run has no such finding', { code: 'FINDING_UNKNOWN', found: findingId });
    }
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

export async function acceptAll(db: Database, runId: string, user: User): Promise<Decisions> {
  const { undecided } = await currentDecisions(db, runId);
  return decide(
    db,
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

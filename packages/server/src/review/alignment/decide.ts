import { PhotopeakError } from '@photopeak/imaging';
import type { AlignmentCheck, AlignmentInput, User } from '../../api/contract.ts';
import { announce, type Database } from '../../database/index.ts';
import { appendAudit } from '../../governance/index.ts';

/**
 * What a technologist says of an alignment that was to be checked: good enough to read, or not to be fused. A later
 * verdict replaces the one before; both are in the audit trail.
 * @throws PhotopeakError ALIGNMENT_NOT_ASKED, REVIEW_SIGNED
 */
export async function decideAlignment(
  db: Database,
  runId: string,
  { verdict, comment }: AlignmentInput,
  user: User,
): Promise<AlignmentCheck> {
  return db.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('alignment_check')
      .innerJoin('run', 'run.id', 'alignment_check.run_id')
      .select(['alignment_check.study_instance_uid', 'note', 'run.review', 'run.state'])
      .where('run_id', '=', runId)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) {
      throw new PhotopeakError('nobody asked whether the alignment of this run is right', {
        code: 'ALIGNMENT_NOT_ASKED',
        expected: 'a run whose registration score is below alignment.checkBelow',
      });
    }
    if (row.review === 'signed') {
      throw new PhotopeakError('the report of this run is signed', {
        code: 'REVIEW_SIGNED',
        remedy: 'a signed report is not changed; process the study again for a new draft',
      });
    }
    await transaction
      .updateTable('alignment_check')
      .set({
        state: verdict,
        decided_at: new Date(),
        decided_by: user.id,
        decided_by_name: user.name,
        comment: comment ?? null,
      })
      .where('run_id', '=', runId)
      .execute();
    await announce(transaction, {
      kind: 'run',
      runId,
      studyInstanceUid: row.study_instance_uid,
      state: row.state,
    });
    // A comment is free text and may name the patient: it stays in the table.
    await appendAudit(transaction, [
      {
        kind: 'alignment-check',
        actor: `user:${user.id}`,
        subject: `run:${runId}`,
        detail: { study: row.study_instance_uid, verdict },
      },
    ]);
    return { state: verdict, note: row.note, decidedBy: user.name, comment: comment ?? null };
  });
}

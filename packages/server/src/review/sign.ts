import {
  type Dataset,
  errorsOf,
  readFilePart10,
  toPersonName,
  UID,
  uidFrom,
  validate,
  writePart10,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { Decision, Signature, User } from '../api/contract.ts';
import { type Archive, readInstanceHeader } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { announce, type Database } from '../database/index.ts';
import { appendAudit, verifyPassword } from '../governance/index.ts';
import { indexResults, resultItem } from '../workflow/finish-run.ts';
import { currentDecisions, lockReview } from './decisions.ts';
import { IncompleteError } from './incomplete-error.ts';
import { setAsideOf } from './set-aside.ts';
import { type Changes, deriveSignedReport } from './signed-report.ts';

/** After the series of the pipelines, which number from 900. */
const SIGNED_SERIES_NUMBER = 990;

/**
 * Signs the report of a run: asks for the password again, refuses while findings are undecided, writes a new verified
 * SR beside the AI's, delivers it like any result.
 * @throws IncompleteError (409) with the undecided findings; PhotopeakError PASSWORD_WRONG, REVIEW_*
 */
export async function signRun(
  context: { readonly db: Database; readonly archive: Archive; readonly configuration: Configuration },
  runId: string,
  user: User,
  password: string,
): Promise<Signature> {
  const { db, archive, configuration } = context;
  if (!(await verifyPassword(db, user.id, password))) {
    throw new PhotopeakError('the password is not right', {
      code: 'PASSWORD_WRONG',
      remedy: 'a signature asks for your own password; set one first if you signed in by link',
    });
  }
  return db.transaction().execute(async (transaction) => {
    const { study } = await lockReview(transaction, runId);
    const { decisions, undecided } = await currentDecisions(transaction, runId);
    if (undecided.length > 0) {
      throw new IncompleteError(
        `${undecided.length} findings are undecided`,
        undecided,
        'accept, modify or reject each finding first',
      );
    }
    const draft = await transaction
      .selectFrom('result')
      .select(['sha256', 'sop_instance_uid'])
      .where('run_id', '=', runId)
      .where('sop_class_uid', '=', UID.Comprehensive3DSRStorage)
      .orderBy('ordinal')
      .executeTakeFirst();
    if (draft === undefined || draft.sop_instance_uid === null) {
      throw new PhotopeakError('the run has no measurement report to sign', {
        code: 'REVIEW_NO_REPORT',
        remedy: 'only runs that deliver a structured report can be signed',
      });
    }
    const { dataset } = readFilePart10(archive.instances.pathOf(draft.sha256));
    const at = new Date();
    const sopInstanceUid = uidFrom('signed report', runId, draft.sop_instance_uid);
    const seriesInstanceUid = uidFrom('signed series', runId);
    const organization = configuration.node.institution || configuration.node.name;
    const changes = await changesOf({ db: transaction, archive }, runId, decisions, organization);
    const report = deriveSignedReport(
      dataset,
      decisions,
      {
        sopInstanceUid,
        seriesInstanceUid,
        seriesNumber: SIGNED_SERIES_NUMBER,
        observerName: toPersonName(user.name),
        organization,
        at,
      },
      changes,
    );
    requireConformant(report, dataset);
    const bytes = writePart10({ dataset: report });
    const sha256 = await archive.instances.put(bytes);
    const header = await readInstanceHeader(archive.instances.pathOf(sha256));
    const run = await transaction
      .selectFrom('run')
      .selectAll()
      .where('id', '=', runId)
      .executeTakeFirstOrThrow();
    // A delivered run owes one more object; it is delivered again when that has arrived.
    await transaction
      .updateTable('run')
      .set({ review: 'signed', ...(run.state === 'delivered' ? { state: 'packaged' as const } : {}) })
      .where('id', '=', runId)
      .execute();
    await indexResults(transaction, run, [resultItem(runId, bytes, sha256, header)]);
    await transaction
      .insertInto('signature')
      .values({
        run_id: runId,
        sop_instance_uid: sopInstanceUid,
        series_instance_uid: seriesInstanceUid,
        predecessor_sop_instance_uid: draft.sop_instance_uid,
        signed_by: user.id,
        signed_by_name: user.name,
        signed_at: at,
      })
      .execute();
    await transaction
      .updateTable('study')
      .set({ state: 'signed', state_reason: null, changed_at: at })
      .where('study_instance_uid', '=', study)
      .where('state', '!=', 'receiving')
      .execute();
    await announce(transaction, { kind: 'run', runId, studyInstanceUid: study, state: 'packaged' });
    await announce(transaction, { kind: 'study', studyInstanceUid: study, state: 'signed' });
    await appendAudit(transaction, [
      {
        kind: 'signature',
        actor: `user:${user.id}`,
        subject: `run:${runId}`,
        detail: {
          report: sopInstanceUid,
          sha256,
          predecessor: draft.sop_instance_uid,
          findings: decisions.length,
          added: changes.added.length,
        },
      },
    ]);
    return {
      sopInstanceUid,
      seriesInstanceUid,
      predecessorSopInstanceUid: draft.sop_instance_uid,
      signedBy: user.name,
      signedAt: at.toISOString(),
    };
  });
}

/** What the reader's decisions add to the report, and the sums that follow from them. */
async function changesOf(
  { db, archive }: { readonly db: Database; readonly archive: Archive },
  runId: string,
  decisions: readonly Decision[],
  organization: string,
): Promise<Changes> {
  const rows = await db
    .selectFrom('finding')
    .select(['id', 'is_added'])
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  const byFinding = new Map(decisions.map((decision) => [decision.findingId, decision]));
  const standing = new Set(rows.map(({ id }) => id).filter((id) => byFinding.get(id)?.action !== 'reject'));
  const addedIds = rows.filter((row) => row.is_added).map(({ id }) => id);
  if (addedIds.length === 0 && standing.size === rows.length) return { added: [] };
  const aside = await setAsideOf(db, archive, runId);
  const added = addedIds.map((id) => {
    const group = aside.group(id);
    if (group !== undefined) {
      const name = toPersonName(byFinding.get(id)?.decidedBy ?? '');
      return { ...group, observer: { kind: 'person' as const, name, organization } };
    }
    throw new PhotopeakError('the segmentation of added uptake is not there any more', {
      code: 'REVIEW_NO_REPORT',
      found: id,
    });
  });
  return { added, totals: aside.totals(standing) };
}

/** What people sign is held to the same rules as what pipelines deliver. */
function requireConformant(report: Dataset, draft: Dataset): void {
  const [first, ...rest] = errorsOf(validate(report, { inheritedFrom: draft }));
  if (first === undefined) return;
  throw new PhotopeakError('the signed report would not conform to the standard', {
    code: 'REVIEW_NOT_CONFORMANT',
    found: `${first.message}${rest.length === 0 ? '' : ` and ${rest.length} more`}`,
    remedy: 'report this: the node is at fault, not the decisions',
  });
}

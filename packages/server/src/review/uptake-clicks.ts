import { readerClicks, siteCalibration } from '@photopeak/pipelines';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { asPetctSummary } from '../studies/worklist.ts';

/** As the model's calibration takes it. */
export type UptakeClick = ReturnType<typeof readerClicks>[number];

/**
 * What readers said of uptake whose probability a run had told: the newest decision on each finding of the newest signed
 * run of each study, so that a study that was read twice counts once. Oldest study first.
 */
export async function uptakeClicks(db: Database): Promise<UptakeClick[]> {
  const runs = await db
    .selectFrom('run')
    .distinctOn('study_instance_uid')
    .select(['id', 'summary'])
    .where('review', '=', 'signed')
    .where('summary', 'is not', null)
    .orderBy('study_instance_uid')
    .orderBy('queued_at', 'desc')
    .execute();
  const clicks: UptakeClick[] = [];
  for (const { id, summary } of runs) {
    const petct = asPetctSummary(summary);
    if (petct === undefined) continue;
    const rows = await db
      .selectFrom('decision')
      .distinctOn('finding_id')
      .select(['finding_id', 'action'])
      .where('run_id', '=', id)
      .orderBy('finding_id')
      .orderBy('id', 'desc')
      .execute();
    const decisions = rows.flatMap(({ finding_id, action }) =>
      action === 'take-back' ? [] : [{ findingId: finding_id, action }],
    );
    clicks.push(...readerClicks(petct, decisions));
  }
  return clicks;
}

/**
 * The site's calibration as its readers' decisions of now give it. What comes out of decisions is written to the audit
 * trail before anybody can take it into a route, so that a route's parameter can be traced to the decisions behind it.
 */
export async function calibrateSite({
  db,
  actor,
}: {
  readonly db: Database;
  readonly actor: string;
}): Promise<ReturnType<typeof siteCalibration>> {
  const result = siteCalibration(await uptakeClicks(db));
  if (result.outcomes.length === 0) return result;
  await db.transaction().execute(async (transaction) => {
    await appendAudit(transaction, [
      { kind: 'calibration', actor, subject: 'uptakeCalibration', detail: { ...result } },
    ]);
  });
  return result;
}

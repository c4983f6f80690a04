import { reportCommitment } from '@photopeak/dimse';
import { sql } from 'kysely';
import { pauseAfter } from '../../delivery/index.ts';
import { calledPeer } from '../../network/index.ts';
import { checkCommitment } from './check.ts';
import { requestReported } from './requests.ts';
import { type GivenContext, reportAddress } from './services.ts';

/** A report that a killed process was sending is sent again after this. */
const SENDING_SECONDS = 300;
const LONGEST_TEXT = 1_000;

/**
 * Sends one report that is due, over an association of its own (PS3.4 J.3.3). What is here is looked up now: an instance
 * that came meanwhile is committed to.
 * @returns 1 where one was due.
 */
export async function reportNext(context: GivenContext, signal: AbortSignal): Promise<number> {
  const { db, configuration } = context;
  const due = await db
    .updateTable('commitment_given')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      next_attempt_at: sql<Date>`now() + make_interval(secs => ${SENDING_SECONDS})`,
    }))
    .where('transaction_uid', 'in', (eb) =>
      eb
        .selectFrom('commitment_given')
        .select('transaction_uid')
        .where('state', '=', 'due')
        .where('next_attempt_at', '<=', sql<Date>`now()`)
        .orderBy('next_attempt_at')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['transaction_uid', 'asked_by', 'instances', 'attempts'])
    .executeTakeFirst();
  if (due === undefined) return 0;
  const transactionUid = due.transaction_uid;
  const address = reportAddress(context, due.asked_by);
  if (address === undefined) {
    await notReported(
      'COMMITMENT_NO_ADDRESS: its association ended before the report; sources[].commitment names no other way',
      true,
    );
    return 1;
  }
  try {
    const report = { transactionUid, ...(await checkCommitment(context, due.instances)) };
    const { peer, identity } = calledPeer(address, configuration.dicom.aeTitle);
    await reportCommitment(peer, report, { ...identity, signal });
    await requestReported(db, report);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    await notReported(text, due.attempts >= configuration.delivery.attempts);
  }
  return 1;

  async function notReported(text: string, isFinal: boolean): Promise<void> {
    const pause = pauseAfter(due!.attempts, configuration.delivery);
    await db
      .updateTable('commitment_given')
      .set({
        state: isFinal ? 'failed' : 'due',
        last_error: text.slice(0, LONGEST_TEXT),
        next_attempt_at: sql<Date>`now() + make_interval(secs => ${pause})`,
      })
      .where('transaction_uid', '=', transactionUid)
      .execute();
  }
}

import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';

export type Webhook = Configuration['alerts']['webhooks'][number];

const LONGEST_TEXT = 500;

/**
 * The signature of a request, as https://www.standardwebhooks.com defines it: HMAC-SHA-256 over id, time in seconds
 * and body, joined by dots.
 */
function signatureOf(secret: string, id: string, seconds: number, body: string): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}

/**
 * Sends the oldest notice that is owed to a webhook. A repeat has the same `webhook-id`. Anything but a 2xx is tried
 * again with growing pauses, up to the attempts of `delivery`.
 * @returns 1 when one was sent or given up, 0 when nothing is due.
 */
export async function sendNextNotice(
  context: { readonly db: Database; readonly configuration: Configuration },
  webhook: Webhook,
  signal: AbortSignal,
): Promise<number> {
  const { db, configuration } = context;
  const { delivery: pauses, node } = configuration;
  return db.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('alert_notice')
      .innerJoin('alert', 'alert.id', 'alert_notice.alert_id')
      .select(['alert_notice.id', 'alert_notice.event', 'alert_notice.attempts'])
      .select(['alert.kind', 'alert.subject', 'alert.study_instance_uid', 'alert.text'])
      .select(['alert.raised_at', 'alert.resolved_at', 'alert.id as alert'])
      .where('alert_notice.webhook', '=', webhook.name)
      .where('alert_notice.state', '=', 'waiting')
      .where('alert_notice.next_attempt_at', '<=', sql<Date>`now()`)
      .orderBy('alert_notice.id')
      .limit(1)
      .forUpdate('alert_notice')
      .skipLocked()
      .executeTakeFirst();
    if (row === undefined) return 0;
    const body = JSON.stringify({
      type: `alert.${row.event}`,
      timestamp: (row.event === 'raised' ? row.raised_at : (row.resolved_at ?? row.raised_at)).toISOString(),
      data: {
        alert: row.alert,
        node: node.name,
        kind: row.kind,
        subject: row.subject,
        studyInstanceUid: row.study_instance_uid,
        text: row.text,
      },
    });
    const problem = await post(webhook, `alert-${row.alert}-${row.event}`, body, signal);
    const attempts = row.attempts + 1;
    const state = problem === undefined ? 'acknowledged' : attempts >= pauses.attempts ? 'failed' : 'waiting';
    const pause = Math.min(
      pauses.longestPauseSeconds,
      pauses.firstPauseSeconds * 2 ** Math.min(attempts - 1, 30),
    );
    await transaction
      .updateTable('alert_notice')
      .set({
        state,
        attempts,
        last_error: problem?.slice(0, LONGEST_TEXT) ?? null,
        next_attempt_at: sql<Date>`now() + make_interval(secs => ${pause})`,
        acknowledged_at: state === 'acknowledged' ? new Date() : null,
      })
      .where('id', '=', row.id)
      .execute();
    return state === 'waiting' ? 0 : 1;
  });
}

/** @returns what went wrong; undefined where the receiver said that it has it. */
async function post(
  { url, secret, timeoutSeconds }: Webhook,
  id: string,
  body: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const seconds = Math.floor(Date.now() / 1000);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': signatureOf(secret, id, seconds, body),
      },
      body,
      // A signed request goes where the configuration says and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `answered ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}

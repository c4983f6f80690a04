import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import { type AuditEvent, appendAudit } from '../../governance/index.ts';
import {
  type AckCode,
  type AcknowledgementMode,
  acknowledgementMode,
  decodeMessage,
  encodeMessage,
  Hl7Error,
  type Hl7Message,
  parseMessage,
  writeAcknowledgement,
} from '../../hl7/index.ts';
import { short } from '../../patients/index.ts';
import { handlerOf, messageType } from './handlers.ts';

export interface ReceiveContext {
  readonly db: Database;
  readonly configuration: Configuration;
  /** Of unexpected failures; never of what a message holds. */
  onFailure(error: unknown): void;
}

/** Orders and patients change one message after the other, on every node of this database. */
const MESSAGE_LOCK = 7_036_812;
const MOST_ATTEMPTS = 5;

/**
 * Takes one message: reads it, commits it, does what it says, and returns the acknowledgements. A repeat is answered
 * as the first time and done once. Rejects only where the message could not be made safe: then there is no answer, and
 * the sender keeps it.
 */
export async function receiveMessage(
  context: ReceiveContext,
  bytes: Uint8Array,
  peer: string,
): Promise<Uint8Array[]> {
  const { configuration } = context;
  let message: Hl7Message;
  try {
    message = parseMessage(decodeMessage(bytes));
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    await noteRefusal(context.db, error, peer);
    return refuseUnreadable(bytes, error);
  }
  const mode = acknowledgementMode(message.header);
  const answer = (code: AckCode, row: { id: number; at: Date }, error?: Hl7Error) =>
    encodeMessage(
      writeAcknowledgement(message, { code, controlId: `PP${row.id}${code[0]}`, at: row.at, error }),
      message.header.text(18),
    );
  try {
    admit(message, configuration, peer);
    handlerOf(message, configuration.hl7.processingIds);
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    await noteRefusal(context.db, error, peer);
    const row = { id: 0, at: new Date() };
    const code = refusalCode(mode, error);
    return code === undefined ? [] : [answer(code, row, error)];
  }
  const row = await storeMessage(context.db, message, bytes, peer);
  const answers = mode.accept(true) ? [answer('CA', { id: row.id, at: row.received_at })] : [];
  const outcome = await processMessage(context, row.id, message);
  if (mode.application(outcome.code === 'AA')) {
    answers.push(answer(outcome.code, { id: row.id, at: outcome.at }, outcome.error));
  }
  return answers;
}

/** @throws Hl7Error HL7_SENDER: AR, as for a message that came to the wrong place. */
function admit({ header }: Hl7Message, configuration: Configuration, peer: string): void {
  const { senders } = configuration.hl7;
  if (senders.length === 0) return;
  const isKnown = senders.some(
    (sender) =>
      sender.application === header.text(3) &&
      (sender.facility === undefined || sender.facility === header.text(4)) &&
      (sender.address === undefined || sender.address === peer),
  );
  if (isKnown) return;
  throw new Hl7Error('this sender is not let in', {
    code: 'HL7_SENDER',
    condition: 200,
    location: { segment: 'MSH', field: 3 },
    remedy: 'add its application, facility and address to hl7.senders',
  });
}

/** Commits the message. A repeat finds its row. */
async function storeMessage(db: Database, message: Hl7Message, bytes: Uint8Array, peer: string) {
  const { header } = message;
  const key = {
    sender_application: short(header.text(3)),
    sender_facility: short(header.text(4)),
    control_id: short(header.text(10)),
    content_sha256: contentHash(message),
  };
  return db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('hl7_message')
      .values({
        ...key,
        message_type: messageType(message).join('^').slice(0, 16),
        peer,
        content: bytes,
        outcome: null,
        error_code: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return transaction
      .selectFrom('hl7_message')
      .select(['id', 'received_at'])
      .where((eb) => eb.and(key))
      .executeTakeFirstOrThrow();
  });
}

/**
 * Names the content: everything but MSH-7 and MSH-13, which a sender renews when it repeats. A control id that is used
 * again for something else is another message: some senders count from 1 after each start.
 */
function contentHash(message: Hl7Message): string {
  const hash = createHash('sha256');
  for (const segment of message.segments) {
    hash.update(`${segment.name}\r`);
    for (let field = 1; field <= segment.length; field++) {
      if (segment === message.header && (field === 7 || field === 13)) continue;
      hash.update(`${segment.raw(field)}\n`);
    }
  }
  return hash.digest('hex');
}

interface Outcome {
  readonly code: 'AA' | 'AE' | 'AR';
  readonly at: Date;
  readonly error: Hl7Error | undefined;
}

/**
 * Does what a stored message says, once: its effect, its outcome and the audit entry are one transaction. An error in
 * the content takes the effect back and is the outcome.
 */
async function processMessage(context: ReceiveContext, id: number, message: Hl7Message): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await processOnce(context, id, message);
    } catch (error) {
      if (!isDeadlock(error) || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** PostgreSQL ended one of two transactions that waited for each other (a study that completes just now). */
const isDeadlock = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '40P01';

async function processOnce(context: ReceiveContext, id: number, message: Hl7Message): Promise<Outcome> {
  const { db, configuration } = context;
  return db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${MESSAGE_LOCK})`.execute(transaction);
    const row = await transaction
      .selectFrom('hl7_message')
      .select(['state', 'outcome', 'error_code', 'done_at'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    let events: readonly AuditEvent[] = [];
    let error: Hl7Error | undefined;
    // A repeat of a message that failed is tried again: what was missing may be there now.
    if (row.outcome === 'AA') return { code: 'AA', at: row.done_at ?? new Date(), error: undefined };
    await sql`savepoint effect`.execute(transaction);
    try {
      const handler = handlerOf(message, configuration.hl7.processingIds);
      events = await handler(transaction, message, { configuration, messageId: id });
    } catch (thrown) {
      if (isDeadlock(thrown)) throw thrown;
      await sql`rollback to savepoint effect`.execute(transaction);
      error = toHl7Error(thrown, context);
    }
    const code = error === undefined ? 'AA' : error.isReject ? 'AR' : 'AE';
    const at = new Date();
    await transaction
      .updateTable('hl7_message')
      .set({ state: 'done', outcome: code, error_code: error?.code ?? null, done_at: at })
      .where('id', '=', id)
      .execute();
    await appendAudit(transaction, [
      ...events,
      {
        kind: 'hl7-message',
        actor: 'hl7',
        subject: `message:${id}`,
        detail: { type: messageType(message).join('^'), outcome: code, error: error?.code ?? null },
      },
    ]);
    return { code, at, error };
  });
}

function toHl7Error(thrown: unknown, context: ReceiveContext): Hl7Error {
  if (thrown instanceof Hl7Error) return thrown;
  context.onFailure(thrown);
  return new Hl7Error('the node could not act on this message', {
    code: 'HL7_INTERNAL',
    condition: 207,
    remedy: 'the reason is in the log of the node; send the message again',
  });
}

/** Messages that were committed and not acted on, because the node died between the two. @returns how many. */
export async function processStored(context: ReceiveContext): Promise<number> {
  const rows = await context.db
    .selectFrom('hl7_message')
    .select(['id', 'content'])
    .where('state', '=', 'stored')
    .where('received_at', '<', sql<Date>`now() - interval '5 seconds'`)
    .orderBy('id')
    .limit(100)
    .execute();
  for (const row of rows) {
    if (row.content !== null) await processMessage(context, row.id, parseMessage(decodeMessage(row.content)));
  }
  return rows.length;
}

/** Removes the text of old messages, and after twice that time the memory of them. */
export async function forgetMessages(db: Database, keepDays: number): Promise<void> {
  await db
    .updateTable('hl7_message')
    .set({ content: null })
    .where('state', '=', 'done')
    .where('content', 'is not', null)
    .where('received_at', '<', new Date(Date.now() - keepDays * 86_400_000))
    .execute();
}

/** What could not be read at all is not kept; that it came is. */
async function noteRefusal(db: Database, error: Hl7Error, peer: string): Promise<void> {
  await db.transaction().execute((transaction) =>
    appendAudit(transaction, [
      {
        kind: 'hl7-message',
        actor: 'hl7',
        subject: 'message:refused',
        detail: { peer, outcome: error.isReject ? 'AR' : 'AE', error: error.code },
      },
    ]),
  );
}

/** An answer to what is no message: to its header if that can be read, else nothing, for there is nobody to name. */
export function refuseUnreadable(bytes: Uint8Array, error: Hl7Error): Uint8Array[] {
  const head =
    Buffer.from(bytes.subarray(0, 4096))
      .toString('latin1')
      .split(/[\r\n]/, 1)[0] ?? '';
  try {
    const message = parseMessage(head);
    const mode = acknowledgementMode(message.header);
    const code = refusalCode(mode, error);
    if (code === undefined) return [];
    return [
      encodeMessage(
        writeAcknowledgement(message, { code, controlId: 'PP0', at: new Date(), error }),
        'ASCII',
      ),
    ];
  } catch {
    return [];
  }
}

/** How a message is refused that was not stored; undefined where the sender wants to hear of nothing. */
function refusalCode(mode: AcknowledgementMode, error: Hl7Error): AckCode | undefined {
  if (mode.accept(false)) return error.isReject ? 'CR' : 'CE';
  if (mode.application(false)) return error.isReject ? 'AR' : 'AE';
  return undefined;
}

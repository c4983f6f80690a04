import { sql } from 'kysely';
import type { Configuration, DestinationConfiguration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import { priorityBundle, reportBundle } from '../fhir/index.ts';
import { type Envelope, type ResultStatus, writePriority, writeReport } from '../hl7/report-message.ts';
import { type ReportContent, reportContent, studyContent } from './content.ts';
import { controlIdOf, oweMessage } from './outbox.ts';

export interface TellContext {
  readonly db: Database;
  readonly configuration: Configuration;
}

type Hl7Destination = Extract<DestinationConfiguration, { kind: 'hl7' }>;

/**
 * Owes the messages about one run whose results or signature nobody was told of. The run's own column is the memory:
 * a node that dies before the commit tells again, and the subject makes it the same message.
 * @returns 1 when there was such a run.
 */
export async function tellNextRun(context: TellContext): Promise<number> {
  const { db, configuration } = context;
  return db.transaction().execute(async (transaction) => {
    const run = await transaction
      .selectFrom('run')
      .select(['id', 'route', 'phase', 'review', 'study_instance_uid', 'pipeline'])
      .where('review', '!=', 'none')
      .where('state', 'in', ['packaged', 'delivered'])
      .where(sql<boolean>`told_state is distinct from review`)
      .orderBy('ended_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (run === undefined) return 0;
    const content = await reportContent(transaction, run.id);
    const names = configuration.routes.find((route) => route.name === run.route)?.report ?? [];
    if (content !== undefined && run.phase !== 'research') {
      for (const name of names) await tellReport(transaction, context, name, content);
    }
    await transaction
      .updateTable('run')
      .set({ told_state: run.review === 'signed' ? 'signed' : 'draft' })
      .where('id', '=', run.id)
      .execute();
    return 1;
  });
}

async function tellReport(
  transaction: Database,
  { configuration }: TellContext,
  name: string,
  content: ReportContent,
): Promise<void> {
  const destination = configuration.destinations.find((candidate) => candidate.name === name);
  if (destination === undefined) return;
  const subject = `report:${content.runId}:${content.stage}`;
  const owed = { destination: name, subject, studyInstanceUid: content.study.uid, runId: content.runId };
  if (destination.kind !== 'hl7' && destination.kind !== 'fhir') return;
  const earlier = await toldBefore(transaction, name, content);
  const finals = earlier.filter(({ subject }) => subject.endsWith(':signed')).map(({ runId }) => runId);
  const wasFinal = finals.length > 0;
  // A receiver that has a final report is not told a draft about the same study: it would look unread again.
  if (content.stage === 'draft' && wasFinal) return;
  if (destination.kind === 'fhir') {
    const replaced = await Promise.all(
      [...new Set(finals)].map((runId) => reportContent(transaction, runId)),
    );
    const bundle = await reportBundle(
      transaction,
      content,
      replaced.filter((each) => each !== undefined),
    );
    await oweMessage(transaction, { ...owed, kind: 'fhir', content: JSON.stringify(bundle) });
    return;
  }
  const status: ResultStatus = content.stage === 'draft' ? 'P' : wasFinal ? 'C' : 'F';
  const envelope = envelopeFor(configuration, destination, subject);
  const [newest] = earlier;
  const before = newest === undefined ? undefined : await reportContent(transaction, newest.runId);
  const text = writeReport(content, status, envelope, before);
  await oweMessage(transaction, { ...owed, kind: 'hl7', content: text });
}

/** Reports of other runs of the same pipeline on this study that this destination was told, the newest first. */
async function toldBefore(
  transaction: Database,
  destination: string,
  content: ReportContent,
): Promise<readonly { readonly subject: string; readonly runId: string }[]> {
  return transaction
    .selectFrom('message_outbox')
    .innerJoin('run', 'run.id', 'message_outbox.run_id')
    .select(['message_outbox.subject', 'run.id as runId'])
    .where('message_outbox.destination', '=', destination)
    .where('message_outbox.study_instance_uid', '=', content.study.uid)
    .where('message_outbox.subject', 'like', 'report:%')
    .where('run.pipeline', '=', content.pipeline.name)
    .where('run.id', '!=', content.runId)
    .orderBy('message_outbox.id', 'desc')
    .execute();
}

/**
 * Owes the messages about one study whose priority the reading lists do not know yet. A priority that the order
 * brought is known where it came from.
 * @returns 1 when there was such a study.
 */
export async function tellNextPriority(context: TellContext): Promise<number> {
  const { db, configuration } = context;
  return db.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('study')
      .select(['study_instance_uid', 'priority', 'priority_reason', 'told_priority'])
      .whereRef('priority', '!=', 'told_priority')
      .orderBy('changed_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (row === undefined) return 0;
    const uid = row.study_instance_uid;
    const content = await studyContent(transaction, uid);
    const count = await transaction
      .selectFrom('message_outbox')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('study_instance_uid', '=', uid)
      .where('subject', 'like', 'priority:%')
      .executeTakeFirstOrThrow();
    const subject = `priority:${uid}:${row.priority}:${count.count}`;
    const destinations = row.priority_reason === 'order' ? [] : configuration.destinations;
    for (const destination of destinations) {
      const owed = { destination: destination.name, subject, studyInstanceUid: uid, runId: null };
      if (destination.kind === 'fhir') {
        await oweMessage(transaction, {
          ...owed,
          kind: 'fhir',
          content: JSON.stringify(priorityBundle(content)),
        });
      } else if (destination.kind === 'hl7' && destination.priorities !== 'none') {
        const envelope = envelopeFor(configuration, destination, subject);
        const text = writePriority(content, destination.priorities, envelope);
        await oweMessage(transaction, { ...owed, kind: 'hl7', content: text });
      }
    }
    await transaction
      .updateTable('study')
      .set({ told_priority: row.priority })
      .where('study_instance_uid', '=', uid)
      .execute();
    return 1;
  });
}

function envelopeFor(configuration: Configuration, destination: Hl7Destination, subject: string): Envelope {
  return {
    sendingApplication: configuration.hl7.application,
    sendingFacility: configuration.hl7.facility,
    receivingApplication: destination.application,
    receivingFacility: destination.facility,
    characterSet: destination.characterSet,
    controlId: controlIdOf(destination.name, subject),
    at: new Date(),
  };
}

import { createHash } from 'node:crypto';
import { enhancement, type PipelineResult, type ResultObject } from '@photopeak/pipelines';
import {
  type Archive,
  addToIndex,
  type IndexItem,
  type InstanceHeader,
  readInstanceHeader,
} from '../archive/index.ts';
import { announce, type Database, type DeliveryTarget } from '../database/index.ts';
import { finishIfDelivered, owe } from '../delivery/index.ts';
import { type AuditEvent, appendAudit } from '../governance/index.ts';
import { noteQuality } from '../quality/note.ts';
import { findingsOf } from '../review/findings.ts';
import { isNoLayer } from '../studies/reading-order.ts';

export interface FinishedRun {
  readonly id: string;
  readonly study_instance_uid: string;
  readonly phase: 'research' | 'assist' | 'production';
  readonly deliver: readonly DeliveryTarget[];
  readonly pipeline: string;
}

/** Pipelines whose results are images to look at: there is nothing in them to accept or sign. */
const UNREVIEWED: ReadonlySet<string> = new Set([enhancement.name]);

interface StoredObject {
  readonly object: ResultObject;
  readonly sha256: string;
  /** Of DICOM objects. */
  readonly header: InstanceHeader | undefined;
}

/**
 * Takes the results of a run over: bytes into the archive first, then results, index, outbox, findings and audit in
 * one transaction. Repeating it after a crash changes nothing that is there.
 */
export async function finishRun(
  db: Database,
  archive: Archive,
  run: FinishedRun,
  result: PipelineResult<unknown>,
  options: { readonly deliverResearch?: boolean } = {},
): Promise<void> {
  const stored: StoredObject[] = [];
  for (const object of result.objects) stored.push(await store(archive, object));
  const findings = findingsOf(result.objects);
  await db.transaction().execute(async (transaction) => {
    const isReviewed =
      !UNREVIEWED.has(run.pipeline) &&
      stored.some(({ object }) => object.kind === 'dicom' && object.isHeld !== true);
    const review = isReviewed ? 'draft' : 'none';
    const taken = await transaction
      .updateTable('run')
      .set({
        state: 'packaged',
        review,
        error: null,
        summary: JSON.stringify(result.summary ?? {}),
        notices: JSON.stringify(result.findings),
        ended_at: new Date(),
      })
      .where('id', '=', run.id)
      .where('state', 'in', ['queued', 'running', 'failed'])
      .executeTakeFirst();
    if (taken.numUpdatedRows === 0n) return;
    await transaction.deleteFrom('result').where('run_id', '=', run.id).execute();
    await insertResults(transaction, run, stored);
    if (findings.length > 0) {
      await transaction
        .insertInto('finding')
        .values(
          findings.map((finding, ordinal) => ({
            run_id: run.id,
            id: finding.id,
            ordinal,
            content: JSON.stringify(finding),
          })),
        )
        .onConflict((conflict) => conflict.columns(['run_id', 'id']).doNothing())
        .execute();
    }
    const shown = stored.filter(({ object }) => object.isHeld !== true);
    await index(transaction, run, shown, options.deliverResearch === true);
    const studyState = isReviewed ? 'draft' : await stateByOthers(transaction, run);
    await transaction
      .updateTable('study')
      .set({ state: studyState, state_reason: null, changed_at: new Date() })
      .where('study_instance_uid', '=', run.study_instance_uid)
      // More instances may be arriving for this study; then it is not finished yet.
      .where('state', '!=', 'receiving')
      .execute();
    await announce(transaction, {
      kind: 'run',
      runId: run.id,
      studyInstanceUid: run.study_instance_uid,
      state: 'packaged',
    });
    const made = shown.flatMap(({ header }) => (header === undefined ? [] : [header.sopInstanceUid]));
    if (made.length > 0) await finishIfDelivered(transaction, run.id, made);
    await announce(transaction, {
      kind: 'study',
      studyInstanceUid: run.study_instance_uid,
      state: studyState,
    });
    const checked = await noteQuality(
      transaction,
      run,
      result.quality ?? [],
      stored.map(({ object }, ordinal) => ({ ordinal, fileName: object.fileName })),
    );
    await appendAudit(transaction, [...auditOf(run, stored), ...checked]);
  });
}

async function insertResults(
  transaction: Database,
  run: Pick<FinishedRun, 'id' | 'phase'>,
  stored: readonly StoredObject[],
): Promise<void> {
  if (stored.length === 0) return;
  await transaction
    .insertInto('result')
    .values(
      stored.map(({ object, sha256, header }, ordinal) => ({
        run_id: run.id,
        ordinal,
        output: object.output,
        kind: object.kind,
        file_name: object.fileName,
        sha256,
        byte_length: object.bytes.byteLength,
        sop_class_uid: header?.sopClassUid ?? null,
        sop_instance_uid: header?.sopInstanceUid ?? null,
        series_instance_uid: header?.series.series_instance_uid ?? null,
        held_phase: object.isHeld === true ? (object.phase ?? run.phase) : null,
      })),
    )
    .execute();
}

/**
 * What quality control holds back of a run whose result is only a layer goes onto the quality list all the same, with its
 * pictures; its bytes stay beside the archive until somebody decides, however soon the layer goes. Where the list has
 * an entry of the run that was released already, everything stays as it is.
 */
export async function keepHeldLayer(
  db: Database,
  archive: Archive,
  run: FinishedRun,
  { objects, quality = [] }: Pick<PipelineResult<unknown>, 'objects' | 'quality'>,
): Promise<void> {
  const entries = quality.filter(({ verdict }) => verdict === 'held');
  if (entries.length === 0) return;
  const pictures = new Set(entries.map(({ picture }) => picture));
  const stored: StoredObject[] = [];
  for (const object of objects)
    if (object.isHeld === true || pictures.has(object.fileName)) stored.push(await store(archive, object));
  await db.transaction().execute(async (transaction) => {
    const released = await transaction
      .selectFrom('quality_entry')
      .select('id')
      .where('run_id', '=', run.id)
      .where('decision', '=', 'released')
      .executeTakeFirst();
    if (released !== undefined) return;
    await transaction.deleteFrom('result').where('run_id', '=', run.id).execute();
    await insertResults(transaction, run, stored);
    const files = stored.map(({ object }, ordinal) => ({ ordinal, fileName: object.fileName }));
    const checked = await noteQuality(transaction, run, entries, files);
    await appendAudit(transaction, [...resultEvents(run, stored), ...checked]);
  });
}

/** Where the other runs of a study leave it. */
async function stateByOthers(
  transaction: Database,
  run: FinishedRun,
): Promise<'draft' | 'signed' | 'processing' | 'complete'> {
  const others = await transaction
    .selectFrom('run')
    .select(['state', 'review'])
    .where('study_instance_uid', '=', run.study_instance_uid)
    .where('id', '!=', run.id)
    .where(isNoLayer)
    .orderBy('queued_at', 'desc')
    .execute();
  if (others.some(({ state }) => state === 'queued' || state === 'running')) return 'processing';
  const reviewed = others.find(({ review }) => review !== 'none');
  return reviewed === undefined || reviewed.review === 'none' ? 'complete' : reviewed.review;
}

async function store(archive: Archive, object: ResultObject): Promise<StoredObject> {
  if (object.kind !== 'dicom') {
    return { object, sha256: await archive.artifacts.put(object.bytes), header: undefined };
  }
  const store = object.isHeld === true ? archive.artifacts : archive.instances;
  const sha256 = await store.put(object.bytes);
  return { object, sha256, header: await readInstanceHeader(store.pathOf(sha256)) };
}

/** Adds result instances to the index and owes them to the destinations of the run. */
async function index(
  transaction: Database,
  run: FinishedRun,
  stored: readonly StoredObject[],
  deliverResearch: boolean,
): Promise<void> {
  const isHeldBack = ({ object }: StoredObject) =>
    !deliverResearch && (object.phase ?? run.phase) === 'research';
  const itemsOf = (some: readonly StoredObject[]) =>
    some.flatMap(({ object, sha256, header }): IndexItem[] => {
      if (header === undefined) return [];
      return [resultItem(run.id, object.bytes, sha256, header)];
    });
  const kept = itemsOf(stored.filter(isHeldBack));
  const delivered = itemsOf(stored.filter((one) => !isHeldBack(one)));
  if (kept.length > 0) await indexResults(transaction, { ...run, deliver: [] }, kept);
  if (delivered.length > 0) await indexResults(transaction, run, delivered, deliverResearch);
}

export function resultItem(
  runId: string,
  bytes: Uint8Array,
  sha256: string,
  header: InstanceHeader,
): IndexItem {
  return {
    header,
    sha256,
    byteLength: bytes.byteLength,
    origin: 'result',
    source: { kind: 'run', run: runId },
  };
}

/** Used for results of pipelines and for what people sign: both leave the node in the same way. */
export async function indexResults(
  transaction: Database,
  run: FinishedRun,
  items: readonly IndexItem[],
  deliverResearch = false,
): Promise<void> {
  const outcomes = await addToIndex(transaction, items);
  const clash = outcomes.findIndex(
    (outcome, at) => outcome.status === 'taken' && outcome.sha256 !== items[at]!.sha256,
  );
  if (clash >= 0) {
    // Cannot happen while results derive from the run alone; if it does, two objects would share a name.
    throw new Error(`result ${items[clash]!.header.sopInstanceUid} exists with other bytes`);
  }
  if (run.phase === 'research' && !deliverResearch) return;
  for (const target of run.deliver) {
    if (target.send === 'originals') continue;
    await owe(
      transaction,
      items.map(({ header, sha256 }) => ({
        destination: target.to,
        sop_instance_uid: header.sopInstanceUid,
        sop_class_uid: header.sopClassUid,
        transfer_syntax_uid: header.transferSyntaxUid,
        study_instance_uid: header.study.study_instance_uid,
        series_instance_uid: header.series.series_instance_uid,
        sha256,
        run_id: run.id,
      })),
    );
  }
}

function auditOf(run: FinishedRun, stored: readonly StoredObject[]): AuditEvent[] {
  const digest = createHash('sha256');
  for (const { sha256 } of stored) digest.update(`${sha256}\n`);
  return [
    {
      kind: 'run-finished',
      actor: 'worker',
      subject: `run:${run.id}`,
      detail: { study: run.study_instance_uid, results: stored.length, resultsSha256: digest.digest('hex') },
    },
    ...resultEvents(run, stored),
  ];
}

const resultEvents = ({ id }: Pick<FinishedRun, 'id'>, stored: readonly StoredObject[]): AuditEvent[] =>
  stored.map(({ object, sha256, header }) => ({
    kind: 'result',
    actor: 'worker',
    subject: `run:${id}`,
    detail: {
      output: object.output,
      file: object.fileName,
      sha256,
      ...(header === undefined ? {} : { instance: header.sopInstanceUid }),
    },
  }));

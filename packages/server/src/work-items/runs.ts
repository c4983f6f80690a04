import { Dataset, type DicomJson, uidFrom } from '@photopeak/dicom';
import { sql } from 'kysely';
import { announce, type Database, type RunErrorColumn } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { isNoLayer } from '../studies/reading-order.ts';
import { attributesOf, dicomDateTime, UPS_PUSH, type WorkItemState } from './model.ts';
import { progressReport, stateReport, tell } from './reports.ts';
import { isFinal, write } from './store.ts';
import { subscribeToNew } from './subscriptions.ts';

interface RunRow {
  readonly id: string;
  readonly run_key: string;
  readonly state: 'queued' | 'running' | 'packaged' | 'delivered' | 'failed';
  readonly study_instance_uid: string;
  readonly pipeline: string;
  readonly pipeline_version: string;
  readonly pipeline_title: string;
  readonly priority: number;
  readonly error: RunErrorColumn | null;
  readonly queued_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly patient_name: string;
  readonly patient_id: string;
  readonly birth_date: string;
  readonly sex: string;
  readonly accession_number: string;
  readonly mark: string;
  readonly uid: string | null;
  readonly item_state: WorkItemState | null;
  readonly attempt: number | null;
}

interface Reference {
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly sop_class_uid: string;
  readonly sop_instance_uid: string;
}

const BATCH = 50;
/** HIGH for everything that a route puts before the rest (workflow priorities: 1 urgent, 10 high, 100 routine). */
const HIGH_UP_TO = 10;

/**
 * Shows every run as a work item whose state, progress and output follow it. Reads what differs from the database, so
 * that whatever was missed is shown later; each item is written in one transaction with its reports.
 * @returns how many items were written
 */
export async function showRuns(db: Database, station: string): Promise<number> {
  const { rows } = await sql<RunRow>`
    with marked as (
      select run.*, run.state || ' ' || coalesce((
        select string_agg(step.ordinal || step.state || round(step.fraction * 20)::text, ',' order by step.ordinal)
        from run_step step where step.run_id = run.id), '') as mark
      from run
      where run.ended_at is null or run.ended_at > now() - interval '1 hour'
        or not exists (select 1 from work_item w where w.run_id = run.id))
    select marked.id, run_key, marked.state, marked.study_instance_uid, pipeline, pipeline_version, pipeline_title,
      marked.priority, error, queued_at, started_at, ended_at, mark,
      study.patient_name, study.patient_id, study.birth_date, study.sex, study.accession_number,
      item.uid, item.state as item_state, item.attempt
    from marked
    join study on study.study_instance_uid = marked.study_instance_uid
    left join lateral (
      select * from work_item w where w.run_id = marked.id order by attempt desc limit 1) item on true
    where item.run_mark is distinct from mark
    order by queued_at limit ${BATCH}`.execute(db);
  for (const row of rows) await db.transaction().execute((transaction) => show(transaction, row, station));
  return rows.length;
}

async function show(transaction: Database, run: RunRow, station: string): Promise<void> {
  const state = stateOf(run);
  // What is final stays: a run that is tried again after it failed is a new item.
  const isAnother =
    run.uid === null || (run.item_state !== null && isFinal(run.item_state) && run.item_state !== state);
  const attempt = isAnother ? (run.attempt ?? 0) + 1 : run.attempt!;
  const uid = isAnother ? workItemUidOf(run.run_key, attempt) : run.uid!;
  const attributes = await attributesFor(transaction, run, uid, station);
  if (isAnother) {
    await transaction
      .insertInto('work_item')
      .values({
        uid,
        state: 'SCHEDULED',
        transaction_uid: null,
        attributes: JSON.stringify(attributes),
        run_id: run.id,
        attempt,
        run_mark: null,
        created_by: 'node',
      })
      .onConflict((conflict) => conflict.column('uid').doNothing())
      .execute();
    await subscribeToNew(transaction, uid);
    await tell(transaction, stateReport(uid, 'SCHEDULED', attributes));
  }
  const before = isAnother ? 'SCHEDULED' : run.item_state!;
  await write(transaction, uid, {
    state,
    attributes,
    runMark: run.mark,
    ...(state === 'SCHEDULED'
      ? {}
      : { transactionUid: uidFrom('work item of a run', run.run_key, String(attempt)) }),
  });
  if (state !== before) {
    if (before === 'SCHEDULED' && state !== 'IN PROGRESS') {
      await tell(transaction, stateReport(uid, 'IN PROGRESS', attributes));
    }
    await tell(transaction, stateReport(uid, state, attributes));
  } else if (state === 'IN PROGRESS') await tell(transaction, progressReport(uid, attributes));
}

/** The same run has the same work item, wherever and whenever it is shown. */
export function workItemUidOf(runKey: string, attempt: number): string {
  return uidFrom('work item', runKey, String(attempt));
}

function stateOf(run: RunRow): WorkItemState {
  switch (run.state) {
    case 'queued':
      return 'SCHEDULED';
    case 'running':
      return 'IN PROGRESS';
    case 'failed':
      return 'CANCELED';
    default:
      return 'COMPLETED';
  }
}

const code = (value: string, scheme: string, meaning: string) =>
  Dataset.of({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning.slice(0, 64) });
/** CID 9231. */
const imageProcessing = () => code('110001', 'DCM', 'Image Processing');

async function attributesFor(
  transaction: Database,
  run: RunRow,
  uid: string,
  station: string,
): Promise<DicomJson> {
  const stationCode = () => code(station.slice(0, 16), '99PHOTOPEAK', station);
  const progress = await progressOf(transaction, run);
  const dataset = Dataset.of({
    SOPClassUID: UPS_PUSH,
    SOPInstanceUID: uid,
    PatientName: run.patient_name,
    PatientID: run.patient_id,
    PatientBirthDate: run.birth_date,
    PatientSex: run.sex,
    AdmissionID: null,
    AdmittingDiagnosesDescription: null,
    AdmittingDiagnosesCodeSequence: [],
    ReferencedRequestSequence: [
      Dataset.of({
        StudyInstanceUID: run.study_instance_uid,
        AccessionNumber: run.accession_number,
        RequestedProcedureID: null,
        RequestedProcedureDescription: null,
      }),
    ],
    ScheduledProcedureStepStartDateTime: dicomDateTime(run.queued_at),
    ScheduledProcedureStepPriority: run.priority <= HIGH_UP_TO ? 'HIGH' : 'MEDIUM',
    WorklistLabel: 'Photopeak',
    ProcedureStepLabel: run.pipeline_title.slice(0, 64),
    ScheduledWorkitemCodeSequence: [imageProcessing()],
    ScheduledStationNameCodeSequence: [stationCode()],
    ScheduledStationClassCodeSequence: [],
    ScheduledStationGeographicLocationCodeSequence: [],
    ScheduledProcessingParametersSequence: [
      parameter('111001', 'Algorithm Name', run.pipeline),
      parameter('111003', 'Algorithm Version', run.pipeline_version),
    ],
    InputReadinessState: 'READY',
    InputInformationSequence: references(await inputOf(transaction, run.id)),
    ProcedureStepProgressInformationSequence: progress === undefined ? [] : [progress],
    UnifiedProcedureStepPerformedProcedureSequence: [],
  });
  if (stateOf(run) === 'COMPLETED') {
    dataset.set('UnifiedProcedureStepPerformedProcedureSequence', [
      Dataset.of({
        PerformedStationNameCodeSequence: [stationCode()],
        PerformedStationClassCodeSequence: [],
        PerformedStationGeographicLocationCodeSequence: [],
        PerformedProcedureStepStartDateTime: dicomDateTime(run.started_at ?? run.queued_at),
        PerformedProcedureStepEndDateTime: dicomDateTime(run.ended_at ?? run.queued_at),
        PerformedProcedureStepDescription: run.pipeline_title.slice(0, 64),
        PerformedWorkitemCodeSequence: [imageProcessing()],
        PerformedProcessingParametersSequence: [
          parameter('111001', 'Algorithm Name', run.pipeline),
          parameter('111003', 'Algorithm Version', run.pipeline_version),
        ],
        OutputInformationSequence: references(await outputOf(transaction, run.id)),
      }),
    ]);
  }
  return attributesOf(dataset);
}

function parameter(value: string, meaning: string, text: string): Dataset {
  return Dataset.of({
    ValueType: 'TEXT',
    ConceptNameCodeSequence: [code(value, 'DCM', meaning)],
    TextValue: text,
  });
}

/** How far a run is, in percent, and what it does. */
export async function progressOfRun(
  db: Database,
  run: { readonly id: string; readonly state: RunRow['state'] },
): Promise<{ readonly percent: number; readonly description: string }> {
  if (run.state === 'packaged' || run.state === 'delivered') return { percent: 100, description: '' };
  const steps = await db
    .selectFrom('run_step')
    .select(['name', 'state', 'fraction', 'message'])
    .where('run_id', '=', run.id)
    .orderBy('ordinal')
    .execute();
  const current = steps.findLast((step) => step.state === 'running') ?? steps.at(-1);
  const done = steps.filter((step) => step.state === 'done').length;
  // How many steps follow is not known while it runs: each one halves what is left.
  const share = 1 - 0.5 ** done * (1 - 0.5 * (current?.state === 'running' ? current.fraction : 0));
  const message = current?.message == null ? '' : `: ${current.message}`;
  return {
    percent: Math.floor(share * 99),
    description: current === undefined ? '' : `${current.name}${message}`.slice(0, 1024),
  };
}

/** (110513,DCM) is the reason that fits every failure; the text says which. */
async function progressOf(transaction: Database, run: RunRow): Promise<Dataset | undefined> {
  if (run.state === 'queued') return undefined;
  const { percent, description } = await progressOfRun(transaction, run);
  const item = Dataset.of({ ProcedureStepProgress: percent });
  if (description !== '') item.set('ProcedureStepProgressDescription', description);
  if (run.state === 'failed') {
    item.set('ProcedureStepCancellationDateTime', dicomDateTime(run.ended_at ?? run.queued_at));
    item.set('ProcedureStepDiscontinuationReasonCodeSequence', [
      code('110513', 'DCM', 'Discontinued for unspecified reason'),
    ]);
    if (run.error !== null) {
      item.set('ReasonForCancellation', `${run.error.message} [${run.error.code}]`.slice(0, 1024));
    }
  }
  return item;
}

async function inputOf(transaction: Database, runId: string): Promise<Reference[]> {
  const { rows } = await sql<Reference>`
    select i.study_instance_uid, i.series_instance_uid, i.sop_class_uid, i.sop_instance_uid
    from run, jsonb_array_elements(run.input) as entry
    join instance i on i.sop_instance_uid = entry->>'sopInstanceUid'
    where run.id = ${runId}
    order by i.series_instance_uid, i.instance_number, i.sop_instance_uid`.execute(transaction);
  return rows;
}

export async function outputOf(transaction: Database, runId: string): Promise<Reference[]> {
  return transaction
    .selectFrom('result')
    .innerJoin('instance', 'instance.sop_instance_uid', 'result.sop_instance_uid')
    .select([
      'instance.study_instance_uid',
      'instance.series_instance_uid',
      'instance.sop_class_uid',
      'instance.sop_instance_uid',
    ])
    .where('result.run_id', '=', runId)
    .orderBy('instance.series_instance_uid')
    .orderBy('result.ordinal')
    .execute();
}

/** One item per series, with where to fetch it here unless that is of no use (PS3.4 Table CC.2.5-2c). */
export function references(instances: readonly Reference[], withAddress = true): Dataset[] {
  return [...Map.groupBy(instances, (instance) => instance.series_instance_uid).values()].map((series) => {
    const [{ study_instance_uid: study, series_instance_uid: uid }] = series as [Reference, ...Reference[]];
    return Dataset.of({
      TypeOfInstances: 'DICOM',
      StudyInstanceUID: study,
      SeriesInstanceUID: uid,
      ReferencedSOPSequence: series.map((instance) =>
        Dataset.of({
          ReferencedSOPClassUID: instance.sop_class_uid,
          ReferencedSOPInstanceUID: instance.sop_instance_uid,
        }),
      ),
      ...(withAddress
        ? { WADORSRetrievalSequence: [Dataset.of({ RetrieveURL: `@/studies/${study}/series/${uid}` })] }
        : {}),
    });
  });
}

/** What `WorkItems.requestCancel` needs to end a run of this node on somebody's request. */
export function runCanceller(
  db: Database,
  engine: { cancel(runId: string): Promise<void> },
  by: string,
): (runId: string, reason: string) => Promise<boolean> {
  return async (runId, reason) => {
    const ended = await cancelRun(db, runId, reason, by);
    if (ended) await engine.cancel(runId);
    return ended;
  };
}

/**
 * Ends a run that waits or is being worked on, because its work item was asked to be cancelled.
 * @returns false for a run that has already ended
 */
export async function cancelRun(db: Database, runId: string, reason: string, by: string): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const error: RunErrorColumn = {
      code: 'RUN_CANCELLED',
      message: reason === '' ? 'the run was cancelled' : `the run was cancelled: ${reason.slice(0, 200)}`,
      step: null,
      remedy: 'start it again if it was cancelled by mistake',
    };
    const run = await transaction
      .updateTable('run')
      .set({ state: 'failed', error: JSON.stringify(error), ended_at: new Date(), handed_over: true })
      .where('id', '=', runId)
      .where('state', 'in', ['queued', 'running'])
      .returning(['study_instance_uid', isNoLayer.as('is_result')])
      .executeTakeFirst();
    if (run === undefined) return false;
    const { study_instance_uid: study } = run;
    if (run.is_result) {
      await transaction
        .updateTable('study')
        .set({ state: 'failed', state_reason: `${error.message} [${error.code}]`, changed_at: new Date() })
        .where('study_instance_uid', '=', study)
        .where('state', '=', 'processing')
        .execute();
      await announce(transaction, { kind: 'study', studyInstanceUid: study, state: 'failed' });
    }
    await announce(transaction, { kind: 'run', runId, studyInstanceUid: study, state: 'failed' });
    await appendAudit(transaction, [
      { kind: 'run-cancelled', actor: by, subject: `run:${runId}`, detail: { study } },
    ]);
    return true;
  });
}

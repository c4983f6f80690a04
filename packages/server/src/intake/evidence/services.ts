import {
  type AvailabilityNotice,
  availabilityNotices,
  type ProcedureStepMessage,
  type ProcedureStepStatus,
  procedureSteps,
  readDataSet,
  type Service,
} from '@photopeak/dimse';
import type { Database, ExpectedSeries } from '../../database/index.ts';
import { expect } from '../../studies/completeness/index.ts';

const SCHEDULED_STEPS = 0x00400270;
const STUDY_UID = 0x0020000d;
const SERIES_UID = 0x0020000e;
const PERFORMED_SERIES = 0x00400340;
const REFERENCED_IMAGES = 0x00081140;
const REFERENCED_OTHERS = 0x00400220;
const SOP_INSTANCE_UID = 0x00081155;

const STATES = { 'IN PROGRESS': 'open', COMPLETED: 'final', DISCONTINUED: 'discontinued' } as const;
/** A step of a modality lists some thousand images at most. */
const MOST_INSTANCES = 100_000;

/** What is kept of a performed procedure step. */
interface Step {
  readonly studies: readonly string[];
  readonly series: readonly ExpectedSeries[];
  readonly status: ProcedureStepStatus;
}

/**
 * Modality performed procedure steps and instance availability notices (PS3.4 annexes F and R): evidence of what a
 * study will hold. Both are answered when they are in the database.
 */
export function evidenceServices(db: Database): Service[] {
  return [
    procedureSteps({
      async statusOf(uid) {
        return (await readStep(db, uid))?.status;
      },
      created: (message) => keepStep(db, message),
      changed: (message) => keepStep(db, message),
    }),
    availabilityNotices({
      received: (notice, { callingAeTitle }) => keepNotice(db, notice, callingAeTitle),
    }),
  ];
}

async function readStep(db: Database, uid: string): Promise<Step | undefined> {
  const row = await db
    .selectFrom('procedure_step')
    .select('content')
    .where('sop_instance_uid', '=', uid)
    .executeTakeFirst();
  return row?.content as Step | undefined;
}

/** A change tells what is new; a sequence is told as a whole (PS3.4 F.7.2.2.2). */
async function keepStep(db: Database, message: ProcedureStepMessage): Promise<void> {
  const { sopInstanceUid, dataSet, transferSyntaxUid, association } = message;
  const before = await readStep(db, sopInstanceUid);
  const reader = readDataSet(dataSet, transferSyntaxUid);
  const studies = reader.items(SCHEDULED_STEPS).flatMap((item) => item.text(STUDY_UID) || []);
  const series = reader.items(PERFORMED_SERIES).map((item) => ({
    seriesInstanceUid: item.text(SERIES_UID) ?? '',
    instances: [...item.items(REFERENCED_IMAGES), ...item.items(REFERENCED_OTHERS)]
      .flatMap((reference) => reference.text(SOP_INSTANCE_UID) || [])
      .slice(0, MOST_INSTANCES),
  }));
  const step: Step = {
    studies: studies.length > 0 ? [...new Set(studies)] : (before?.studies ?? []),
    series: series.length > 0 ? series : (before?.series ?? []),
    status: message.status ?? before?.status ?? 'IN PROGRESS',
  };
  const row = { content: JSON.stringify(step), status: step.status, changed_at: new Date() };
  await db
    .insertInto('procedure_step')
    .values({ sop_instance_uid: sopInstanceUid, ...row })
    .onConflict((conflict) => conflict.column('sop_instance_uid').doUpdateSet(row))
    .execute();
  // One step of several studies does not say which series is whose: only that it is still going on.
  const isOfOne = step.studies.length === 1;
  for (const studyInstanceUid of step.studies) {
    await expect(db, {
      studyInstanceUid,
      kind: 'mpps',
      key: sopInstanceUid,
      state: isOfOne || step.status === 'IN PROGRESS' ? STATES[step.status] : 'discontinued',
      series: isOfOne ? step.series : [],
      toldBy: association.callingAeTitle,
    });
  }
}

async function keepNotice(db: Database, notice: AvailabilityNotice, toldBy: string): Promise<void> {
  await expect(db, {
    studyInstanceUid: notice.studyInstanceUid,
    kind: 'ian',
    // A source tells the state of a study again and again; the newest counts.
    key: toldBy,
    state: 'final',
    series: notice.series.map(({ seriesInstanceUid, instances }) => ({
      seriesInstanceUid,
      instances: instances.flatMap(({ sopInstanceUid, availability }) =>
        availability === 'UNAVAILABLE' ? [] : [sopInstanceUid],
      ),
    })),
    toldBy,
  });
}

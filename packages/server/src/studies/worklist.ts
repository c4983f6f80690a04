import { type PetctSummary, petctSummary } from '@photopeak/pipelines';
import { sql } from 'kysely';
import type { WorklistEntry } from '../api/contract.ts';
import type { Database } from '../database/index.ts';
import { differencesOfStudies } from './completeness/differences.ts';
import { enhancementsLast, isNoLayer } from './reading-order.ts';

/** A work list is for people; older studies are found by search. */
const MOST_ENTRIES = 500;

/** The work list, newest first; with a UID only that study. */
export async function worklist(db: Database, studyInstanceUid?: string): Promise<WorklistEntry[]> {
  const studies = await db
    .selectFrom('study')
    .selectAll('study')
    .select((eb) => [
      eb
        .selectFrom('series')
        .select(sql<string[]>`coalesce(array_agg(distinct modality order by modality), '{}')`.as('list'))
        .whereRef('series.study_instance_uid', '=', 'study.study_instance_uid')
        .as('modalities'),
      eb
        .selectFrom('instance')
        .select((inner) => inner.fn.countAll<number>().as('count'))
        .whereRef('instance.study_instance_uid', '=', 'study.study_instance_uid')
        .as('instance_count'),
    ])
    .$if(studyInstanceUid !== undefined, (query) =>
      query.where('study.study_instance_uid', '=', studyInstanceUid!),
    )
    // Studies from before are found with the study that they belong to.
    .$if(studyInstanceUid === undefined, (query) =>
      query.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('instance')
            .select('sop_instance_uid')
            .whereRef('instance.study_instance_uid', '=', 'study.study_instance_uid')
            .where('origin', '!=', 'prior'),
        ),
      ),
    )
    .orderBy('study.received_at', 'desc')
    .limit(MOST_ENTRIES)
    .execute();
  if (studies.length === 0) return [];
  const uids = studies.map((study) => study.study_instance_uid);
  const runs = await db
    .selectFrom('run')
    .distinctOn('study_instance_uid')
    .select(['id', 'study_instance_uid', 'state'])
    .select(sql<unknown>`summary -> 'registration'`.as('registration'))
    .select((eb) =>
      eb
        .selectFrom('finding')
        .select((inner) => inner.fn.countAll<number>().as('count'))
        .whereRef('finding.run_id', '=', 'run.id')
        .as('finding_count'),
    )
    .where('study_instance_uid', 'in', uids)
    .where(isNoLayer)
    .orderBy('study_instance_uid')
    .orderBy(enhancementsLast)
    .orderBy('queued_at', 'desc')
    .execute();
  const newest = new Map(runs.map((run) => [run.study_instance_uid, run]));
  const checks = await alignmentChecks(
    db,
    runs.map((run) => run.id),
  );
  const steps = await runningSteps(
    db,
    runs.filter((run) => run.state === 'running').map((run) => run.id),
  );
  const differences = await differencesOfStudies(db, studies);
  return studies.map((study): WorklistEntry => {
    const run = newest.get(study.study_instance_uid);
    return {
      studyInstanceUid: study.study_instance_uid,
      patientName: study.patient_name,
      patientId: study.patient_id,
      birthDate: study.birth_date,
      sex: study.sex,
      accessionNumber: study.accession_number,
      studyDate: study.study_date,
      studyTime: study.study_time,
      description: study.description,
      modalities: study.modalities ?? [],
      instanceCount: study.instance_count ?? 0,
      state: study.state,
      stateReason: study.state_reason,
      differences: [...(differences.get(study.study_instance_uid) ?? [])],
      priority: { level: study.priority, reason: study.priority_reason },
      registration: registrationOf(run?.registration),
      alignmentCheck: (run && checks.get(run.id)) ?? null,
      findingCount: run?.finding_count ?? 0,
      progress: (run && steps.get(run.id)) ?? null,
      runId: run?.id ?? null,
      receivedAt: study.received_at.toISOString(),
    };
  });
}

async function alignmentChecks(
  db: Database,
  runIds: readonly string[],
): Promise<Map<string, NonNullable<WorklistEntry['alignmentCheck']>>> {
  if (runIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('alignment_check')
    .select(['run_id', 'state', 'note', 'decided_by_name', 'comment'])
    .where('run_id', 'in', [...runIds])
    .execute();
  return new Map(
    rows.map(({ run_id, state, note, decided_by_name: decidedBy, comment }) => [
      run_id,
      { state, note, decidedBy, comment },
    ]),
  );
}

async function runningSteps(
  db: Database,
  runIds: readonly string[],
): Promise<Map<string, { step: string; fraction: number }>> {
  if (runIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('run_step')
    .distinctOn('run_id')
    .select(['run_id', 'name', 'fraction'])
    .where('run_id', 'in', [...runIds])
    .orderBy('run_id')
    .orderBy('ordinal', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.run_id, { step: row.name, fraction: row.fraction }]));
}

const classes = { green: 'good', amber: 'check', red: 'poor' } as const;
const registrationSchema = petctSummary.shape.registration;

function registrationOf(value: unknown): WorklistEntry['registration'] {
  const parsed = registrationSchema.safeParse(value);
  if (!parsed.success || parsed.data === null || parsed.data.score === null || parsed.data.class === null)
    return null;
  return { score: parsed.data.score, class: classes[parsed.data.class], reason: parsed.data.scoreReason };
}

/** The summary of a PET/CT run, or undefined for other pipelines. */
export function asPetctSummary(summary: unknown): PetctSummary | undefined {
  const parsed = petctSummary.safeParse(summary);
  return parsed.success ? parsed.data : undefined;
}

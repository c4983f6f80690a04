import type { Decision, RunFinding } from '../../api/contract.ts';
import type { CodeColumn, Database } from '../../database/index.ts';
import { type OrderFacts, orderFacts } from '../../orders/index.ts';
import { currentDecisions } from '../../review/decisions.ts';

/** A finding as other systems are told of it. */
export interface ToldFinding extends RunFinding {
  /** Left out by the reader: told only to take back what was told as draft. */
  readonly isRejected: boolean;
}

/** Everything that a message about a run says. Texts come from here and nowhere else. */
export interface ReportContent {
  readonly runId: string;
  /** `draft`: nobody has looked at it; `signed`: a person has decided on everything in it. */
  readonly stage: 'draft' | 'signed';
  readonly pipeline: { readonly name: string; readonly version: string; readonly title: string };
  /** Content date-time of the results. */
  readonly at: Date;
  readonly run: {
    readonly state: 'queued' | 'running' | 'packaged' | 'delivered' | 'failed';
    readonly queuedAt: Date;
    readonly startedAt: Date | null;
    readonly endedAt: Date | null;
    readonly error: string | null;
  };
  readonly signature: { readonly by: string; readonly at: Date } | undefined;
  readonly findings: readonly ToldFinding[];
  readonly study: {
    readonly uid: string;
    readonly date: string;
    readonly time: string;
    readonly description: string;
    readonly accessionNumber: string;
    readonly priority: 'routine' | 'high' | 'urgent';
    readonly priorityReason: string;
  };
  readonly patient: {
    readonly id: string;
    readonly issuer: string;
    readonly name: string;
    readonly birthDate: string;
    readonly sex: string;
  };
  readonly order:
    | (OrderFacts & {
        readonly placerNumber: string;
        readonly placerIssuer: string;
        readonly fillerNumber: string;
        readonly fillerIssuer: string;
      })
    | undefined;
}

/** What is known of a run today. @returns undefined where there is no such run. */
export async function reportContent(db: Database, runId: string): Promise<ReportContent | undefined> {
  const run = await db.selectFrom('run').selectAll().where('id', '=', runId).executeTakeFirst();
  if (run === undefined) return undefined;
  const uid = run.study_instance_uid;
  const study = await studyContent(db, uid);
  const findings = await db
    .selectFrom('finding')
    .select('content')
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  const signature = await db
    .selectFrom('signature')
    .select(['signed_by_name', 'signed_at'])
    .where('run_id', '=', runId)
    .executeTakeFirst();
  const isSigned = run.review === 'signed' && signature !== undefined;
  const { decisions } = isSigned ? await currentDecisions(db, runId) : { decisions: [] };
  return {
    runId,
    stage: isSigned ? 'signed' : 'draft',
    pipeline: { name: run.pipeline, version: run.pipeline_version, title: run.pipeline_title },
    at: new Date(`${run.content_at}Z`),
    run: {
      state: run.state,
      queuedAt: run.queued_at,
      startedAt: run.started_at,
      endedAt: run.ended_at,
      error: run.error?.code ?? null,
    },
    signature: isSigned ? { by: signature.signed_by_name, at: signature.signed_at } : undefined,
    findings: findings.map(({ content }) => decided(content as unknown as RunFinding, decisions)),
    ...study,
  };
}

type StudyContent = Pick<ReportContent, 'study' | 'patient' | 'order'>;

export async function studyContent(db: Database, uid: string): Promise<StudyContent> {
  const row = await db
    .selectFrom('study')
    .selectAll()
    .where('study_instance_uid', '=', uid)
    .executeTakeFirstOrThrow();
  const numbers = await db
    .selectFrom('imaging_order')
    .select(['placer_number', 'placer_issuer', 'filler_number', 'filler_issuer'])
    .where('matched_study', '=', uid)
    .where('state', 'not in', ['cancelled', 'discontinued'])
    .orderBy('scheduled_at')
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst();
  const facts = await orderFacts(db, uid);
  return {
    study: {
      uid,
      date: row.study_date,
      time: row.study_time.replace(/\..*$/, ''),
      description: row.description,
      accessionNumber: row.accession_number,
      priority: row.priority,
      priorityReason: row.priority_reason,
    },
    patient: {
      id: row.patient_id,
      issuer: row.patient_issuer,
      name: row.patient_name,
      birthDate: row.birth_date,
      sex: row.sex,
    },
    order:
      facts === undefined || numbers === undefined
        ? undefined
        : {
            ...facts,
            placerNumber: numbers.placer_number,
            placerIssuer: numbers.placer_issuer,
            fillerNumber: numbers.filler_number,
            fillerIssuer: numbers.filler_issuer,
          },
  };
}

/** A finding with the reader's name and site, as in the signed report. */
function decided(finding: RunFinding, decisions: readonly Decision[]): ToldFinding {
  const decision = decisions.find((candidate) => candidate.findingId === finding.id);
  return {
    ...finding,
    name: decision?.name ?? finding.name,
    site: decision?.site ?? finding.site,
    isRejected: decision?.action === 'reject',
  };
}

/**
 * The coding scheme of a measurement's code: DICOM's own numbers have six digits, SNOMED's more, IBSI's are four
 * letters. What is none of these is a code of ours.
 */
export function measurementCode(measurement: {
  readonly code: string;
  readonly meaning: string;
}): CodeColumn {
  const { code, meaning } = measurement;
  const scheme = /^1\d{5}$/.test(code)
    ? 'DCM'
    : /^\d{6,18}$/.test(code)
      ? 'SCT'
      : /^[A-Z0-9]{4}$/.test(code)
        ? 'IBSI'
        : '99PHOTOPEAK';
  return { value: code, scheme, meaning };
}

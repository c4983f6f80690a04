import { sql } from 'kysely';
import type { Configuration } from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import type { PriorArchive } from './archives/index.ts';
import { type NewStudy, type RelevantStudy, relevantStudies, ruleApplies } from './relevance.ts';

export interface PriorContext {
  readonly db: Database;
  readonly configuration: Configuration;
  readonly archives: ReadonlyMap<string, PriorArchive>;
}

/** What is older is not new: a node that gets its first rules does not fetch for its whole past. */
const NEW_HOURS = 48;
const MOST_ATTEMPTS = 10;
const FIRST_PAUSE_SECONDS = 10;

/** Wants a search for each order that came and each study that arrived without one. */
export async function wantSearches({ db, configuration }: PriorContext): Promise<void> {
  if (configuration.priors.length === 0) return;
  await sql`
    insert into prior_search (subject, order_id, patient_id, patient_issuer)
    select 'order:' || o.id, o.id, o.patient_id, o.patient_issuer from imaging_order o
    where o.patient_id <> '' and o.state in ('scheduled', 'in-progress')
      and o.created_at > now() - make_interval(hours => ${NEW_HOURS})
    on conflict (subject) do nothing`.execute(db);
  await sql`
    insert into prior_search (subject, study_instance_uid, patient_id, patient_issuer)
    select 'study:' || s.study_instance_uid, s.study_instance_uid, s.patient_id, s.patient_issuer from study s
    where s.patient_id <> '' and s.settles_at is null and s.received_at > now() - make_interval(hours => ${NEW_HOURS})
      and exists (select 1 from instance i
        where i.study_instance_uid = s.study_instance_uid and i.origin = 'received')
      and not exists (select 1 from imaging_order o join prior_search p on p.order_id = o.id
        where o.matched_study = s.study_instance_uid)
    on conflict (subject) do nothing`.execute(db);
}

/** Performs one search that is due. @returns 1 when there was one. */
export async function seekNext(context: PriorContext, signal: AbortSignal): Promise<number> {
  const { db } = context;
  const search = await db
    .updateTable('prior_search')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      // Held by this attempt; the end of it says when the next one comes.
      next_attempt_at: sql<Date>`now() + interval '5 minutes'`,
    }))
    .where('id', '=', (eb) =>
      eb
        .selectFrom('prior_search')
        .select('id')
        .where('state', '=', 'waiting')
        .where('next_attempt_at', '<=', sql<Date>`now()`)
        .orderBy('id')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
  if (search === undefined) return 0;
  try {
    const study =
      search.order_id === null
        ? await studyOf(db, search.study_instance_uid ?? '')
        : await orderOf(db, search.order_id);
    const found = study === undefined ? [] : await seek(context, study, signal);
    await keep(db, search.id, search.subject, found);
  } catch (error) {
    const isLast = search.attempts >= MOST_ATTEMPTS;
    await db
      .updateTable('prior_search')
      .set({
        state: isLast ? 'failed' : 'waiting',
        last_error: describe(error),
        next_attempt_at: pauseAfter(search.attempts),
      })
      .where('id', '=', search.id)
      .execute();
  }
  return 1;
}

/** Each archive is asked once; a study that two of them have is fetched from the one that is named first. */
async function seek(context: PriorContext, study: NewStudy, signal: AbortSignal) {
  const rules = context.configuration.priors.filter((rule) => ruleApplies(rule, study));
  const relevant = new Map<string, RelevantStudy & { readonly archive: string }>();
  for (const archive of new Set(rules.flatMap(({ from }) => from))) {
    const found = (await context.archives.get(archive)?.find(study.patientId, signal)) ?? [];
    for (const rule of rules.filter(({ from }) => from.includes(archive))) {
      for (const prior of relevantStudies(rule, study, found)) {
        if (!relevant.has(prior.studyInstanceUid))
          relevant.set(prior.studyInstanceUid, { ...prior, archive });
      }
    }
  }
  return [...relevant.values()];
}

async function keep(
  db: Database,
  search: number,
  subject: string,
  found: readonly (RelevantStudy & { readonly archive: string })[],
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (found.length > 0) {
      await transaction
        .insertInto('prior')
        .values(
          found.map((prior) => ({
            search_id: search,
            study_instance_uid: prior.studyInstanceUid,
            archive: prior.archive,
            rule: prior.rule,
            reason: prior.reason,
            study_date: prior.date,
            description: prior.description,
            modalities: [...prior.modalities],
            instance_count: prior.instanceCount,
            last_error: null,
          })),
        )
        .onConflict((conflict) => conflict.columns(['search_id', 'study_instance_uid']).doNothing())
        .execute();
    }
    await transaction
      .updateTable('prior_search')
      .set({ state: 'done', last_error: null })
      .where('id', '=', search)
      .execute();
    await appendAudit(transaction, [
      {
        kind: 'prior',
        actor: 'node',
        subject,
        detail: {
          found: found.map(({ studyInstanceUid, archive, rule }) => ({ studyInstanceUid, archive, rule })),
        },
      },
    ]);
  });
}

async function studyOf(db: Database, uid: string): Promise<NewStudy | undefined> {
  const study = await db
    .selectFrom('study')
    .selectAll()
    .where('study_instance_uid', '=', uid)
    .executeTakeFirst();
  if (study === undefined) return undefined;
  const series = await db
    .selectFrom('series')
    .select(['modality', 'body_part', 'description'])
    .where('study_instance_uid', '=', uid)
    .execute();
  return {
    studyInstanceUid: uid,
    patientId: study.patient_id,
    patientIssuer: study.patient_issuer,
    birthDate: study.birth_date,
    modalities: [...new Set(series.map(({ modality }) => modality))],
    description: study.description,
    bodyPart: series.map(({ body_part }) => body_part).join(' '),
    reason: '',
    date: study.study_date,
  };
}

async function orderOf(db: Database, id: string): Promise<NewStudy | undefined> {
  const order = await db.selectFrom('imaging_order').selectAll().where('id', '=', id).executeTakeFirst();
  if (order === undefined || order.state === 'cancelled') return undefined;
  return {
    studyInstanceUid: order.study_instance_uid,
    patientId: order.patient_id,
    patientIssuer: order.patient_issuer,
    birthDate: order.birth_date,
    modalities: order.modality === '' ? [] : [order.modality],
    description: order.description,
    bodyPart: order.body_part,
    reason: `${order.reason} ${order.clinical_information}`,
    date: (order.scheduled_at ?? order.created_at).toISOString().slice(0, 10).replaceAll('-', ''),
  };
}

/** 10 s, 20 s, 40 s, … up to an hour. */
export function pauseAfter(attempts: number): Date {
  const seconds = Math.min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), 3_600);
  return new Date(Date.now() + seconds * 1000);
}

export function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
  return `${code}${error instanceof Error ? error.message : String(error)}`.slice(0, 500);
}

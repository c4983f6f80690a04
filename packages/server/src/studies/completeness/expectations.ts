import { sql } from 'kysely';
import type { Database, ExpectationTable, ExpectedSeries } from '../../database/index.ts';
import { appendAudit } from '../../governance/index.ts';

export interface Expectation {
  readonly studyInstanceUid: string;
  readonly kind: ExpectationTable['kind'];
  /** Names the evidence among its kind: what is told again replaces what was told before. */
  readonly key: string;
  readonly state: ExpectationTable['state'];
  readonly series: readonly ExpectedSeries[];
  /** Where only a number was told. */
  readonly instanceCount?: number;
  readonly toldBy: string;
}

/** Writes down what somebody told of a study, which may not be here yet. */
export async function expect(db: Database, expectation: Expectation): Promise<void> {
  const { studyInstanceUid, kind, key, state, series, toldBy } = expectation;
  const listed = series.reduce((sum, { instances }) => sum + instances.length, 0);
  const row = {
    state,
    series: JSON.stringify(series),
    instance_count: expectation.instanceCount ?? listed,
    told_by: toldBy,
    told_at: new Date(),
  };
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('expectation')
      .values({ study_instance_uid: studyInstanceUid, kind, key, ...row })
      .onConflict((conflict) => conflict.columns(['study_instance_uid', 'kind', 'key']).doUpdateSet(row))
      .execute();
    // A study that waits for news, or was closed on less, looks at its counts again.
    await transaction
      .updateTable('study')
      .set({ settles_at: sql<Date>`now()` })
      .where('study_instance_uid', '=', studyInstanceUid)
      .where((eb) =>
        eb.or([
          eb.and([eb('settles_at', 'is', null), eb('closed_at', 'is not', null)]),
          eb('waits_since', 'is not', null),
        ]),
      )
      .execute();
    await appendAudit(transaction, [
      {
        kind: 'expectation',
        actor: toldBy,
        subject: `study:${studyInstanceUid}`,
        detail: { kind, state, instances: row.instance_count },
      },
    ]);
  });
}

/** What was told of a study, and what of it is here. */
export interface Balance {
  readonly evidence: readonly {
    readonly kind: ExpectationTable['kind'];
    readonly state: ExpectationTable['state'];
    readonly instanceCount: number;
    readonly toldBy: string;
    readonly toldAt: Date;
  }[];
  readonly received: number;
  /** Null where nobody told. */
  readonly expected: number | null;
  readonly missing: number;
  readonly isOpen: boolean;
}

/** Instances that were named are looked for by name; where only a number is known the numbers are compared. */
export async function balanceOf(db: Database, studyInstanceUid: string): Promise<Balance> {
  const rows = await db
    .selectFrom('expectation')
    .selectAll()
    .where('study_instance_uid', '=', studyInstanceUid)
    .orderBy('told_at')
    .execute();
  const present = await db
    .selectFrom('instance')
    .select('sop_instance_uid')
    .where('study_instance_uid', '=', studyInstanceUid)
    .where('origin', '=', 'received')
    .execute();
  const here = new Set(present.map((row) => row.sop_instance_uid));
  // What a discontinued step left behind is not to come.
  const counted = rows.filter((row) => row.state !== 'discontinued');
  const named = new Set(counted.flatMap((row) => row.series.flatMap(({ instances }) => instances)));
  const absent = [...named].filter((uid) => !here.has(uid)).length;
  const told = Math.max(0, ...counted.map((row) => row.instance_count), named.size);
  return {
    evidence: rows.map((row) => ({
      kind: row.kind,
      state: row.state,
      instanceCount: row.instance_count,
      toldBy: row.told_by,
      toldAt: row.told_at,
    })),
    received: here.size,
    expected: counted.length === 0 ? null : told,
    missing: counted.length === 0 ? 0 : Math.max(absent, told - here.size, 0),
    isOpen: rows.some((row) => row.state === 'open'),
  };
}

/** Studies of which all that was announced is here need not be quiet any longer. */
export async function settleWhatIsWhole(db: Database): Promise<void> {
  await sql`
    update study set settles_at = now()
    where settles_at > now()
      and exists (select 1 from expectation e where e.study_instance_uid = study.study_instance_uid
        and e.state = 'final' and e.kind <> 'query')
      and not exists (select 1 from expectation e where e.study_instance_uid = study.study_instance_uid
        and e.state = 'open')
      and not exists (
        select 1 from expectation e,
          jsonb_array_elements(e.series) as s, jsonb_array_elements_text(s->'instances') as uid
        where e.study_instance_uid = study.study_instance_uid and e.state = 'final'
          and not exists (select 1 from instance i where i.sop_instance_uid = uid))
      and (select max(e.instance_count) from expectation e
        where e.study_instance_uid = study.study_instance_uid and e.state = 'final')
        <= (select count(*) from instance i
          where i.study_instance_uid = study.study_instance_uid and i.origin = 'received')`.execute(db);
}

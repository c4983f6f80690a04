import type { System } from './system.ts';

/** What was sent, by what becomes of it. */
export interface Sent {
  readonly studies: number;
  readonly processedStudies: number;
  /** SOP Instance UIDs of all. */
  readonly all: readonly string[];
  /** … of those that a route hands on. */
  readonly handedOn: readonly string[];
}

/** Whether nothing is open any more: studies, runs, deliveries. */
export async function isSettled({ database: { pool } }: System, studies: number): Promise<boolean> {
  const { rows } = await pool.query<{ studies: number; open: number }>(`
    select (select count(*) from study)::int as studies,
      (select count(*) from study where settles_at is not null or state = 'receiving')
      + (select count(*) from run where state in ('queued', 'running', 'packaged'))
      + (select count(*) from outbox where state in ('waiting', 'sending')) as open`);
  return rows[0]!.studies === studies && Number(rows[0]!.open) === 0;
}

/** Everything that is lost, twice, or not as it should be; empty when all is well. */
export async function reconcile(system: System, sent: Sent): Promise<string[]> {
  const { pool } = system.database;
  const column = async (sql: string) =>
    (await pool.query<{ value: string }>(sql)).rows.map(({ value }) => value);
  const results = await column(
    `select sop_instance_uid as value from result where kind = 'dicom' order by 1`,
  );
  const states = (table: string) => `select state || ' ' || count(*) as value from ${table} group by state`;
  return [
    ...differences(
      'archive',
      sent.all,
      await column(`select sop_instance_uid as value from instance where origin = 'received'`),
    ),
    ...differences(
      'results in the archive',
      results,
      await column(`select sop_instance_uid as value from instance where origin = 'result'`),
    ),
    ...differences('PACS', [...sent.handedOn, ...results], await inPacs(system)),
    ...differences(
      'outbox',
      [...sent.handedOn, ...results],
      await column('select sop_instance_uid as value from outbox'),
    ),
    ...differences('quarantine', [], await column('select sop_instance_uid as value from quarantine')),
    ...differences('runs', [`delivered ${sent.processedStudies}`], await column(states('run'))),
    ...differences(
      'deliveries',
      [`acknowledged ${sent.handedOn.length + results.length}`],
      await column(states('outbox')),
    ),
    ...differences(
      'studies',
      [String(sent.studies)],
      await column('select count(*)::text as value from study'),
    ),
    ...(results.length === 0 && sent.processedStudies > 0 ? ['no run has a result'] : []),
  ];
}

function differences(where: string, expected: readonly string[], found: readonly string[]): string[] {
  const wanted = new Set(expected);
  const there = new Set(found);
  const lost = [...wanted].filter((entry) => !there.has(entry));
  const strange = [...there].filter((entry) => !wanted.has(entry));
  const say = (what: string, entries: readonly string[]) =>
    entries.length === 0 ? [] : [`${where}: ${entries.length} ${what}, such as ${entries[0]}`];
  return [
    ...say('missing', lost),
    ...say('that nobody expected', strange),
    ...(found.length > there.size ? [`${where}: ${found.length - there.size} twice`] : []),
  ];
}

async function inPacs({ pacs }: System): Promise<string[]> {
  const answer = await fetch(`${pacs.url}/instances?expand`);
  if (!answer.ok) throw new Error(`Orthanc answered ${answer.status} to the list of its instances`);
  const listed = (await answer.json()) as { readonly MainDicomTags: { readonly SOPInstanceUID: string } }[];
  return listed.map((instance) => instance.MainDicomTags.SOPInstanceUID);
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

/** In seconds. */
export interface Times {
  /** From the moment a run could start until a worker took it. */
  readonly waitForWorker: Percentiles;
  readonly run: Percentiles;
  /** From the last instance of a study until the PACS has acknowledged the last result. */
  readonly lastInstanceToResult: Percentiles;
  /** From the last instance of a study that is handed on until the PACS has acknowledged the last of it. */
  readonly lastInstanceToHandedOn: Percentiles;
}

export async function measuredTimes({ database: { pool } }: System): Promise<Times> {
  const spread = async (values: string): Promise<Percentiles> => {
    const { rows } = await pool.query<Percentiles>(`
      select count(*)::int as count, percentile_disc(0.5) within group (order by seconds) as p50,
        percentile_disc(0.95) within group (order by seconds) as p95, max(seconds) as most
      from (${values}) as measured (seconds)`);
    const rounded = (value: number | null) => Math.round(Number(value ?? Number.NaN) * 100) / 100;
    const { count, p50, p95, most } = rows[0]!;
    return { count, p50: rounded(p50), p95: rounded(p95), most: rounded(most) };
  };
  const lastOf = (condition: string) => `
    select extract(epoch from max(owed.acknowledged_at) - max(arrived.at)) from outbox owed
    join (select study_instance_uid, max(received_at) as at from instance where origin = 'received' group by 1) arrived
      using (study_instance_uid)
    where ${condition} group by study_instance_uid`;
  return {
    waitForWorker: await spread('select extract(epoch from started_at - queued_at) from run'),
    run: await spread('select extract(epoch from ended_at - started_at) from run'),
    lastInstanceToResult: await spread(lastOf('owed.run_id is not null')),
    lastInstanceToHandedOn: await spread(lastOf('owed.run_id is null')),
  };
}

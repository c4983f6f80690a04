import { setImmediate as breathe } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../database/index.ts';
import type { Archive } from '../archive.ts';
import { describeInstance } from './describe.ts';

/** What is asked for: a study, a series of it, or one instance. */
export interface MetadataScope {
  readonly study: string;
  readonly series?: string | undefined;
  readonly instance?: string | undefined;
}

export interface InstanceMetadataRow {
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly sha256: string;
  /** Null until it is made; `fill` leaves none. */
  readonly json: string | null;
}

/** The DICOM JSON of instances, made once and kept in the database. */
export interface MetadataStore {
  /** Instances of a scope in the order of their series, each with its metadata; what is missing is made now. */
  read(scope: MetadataScope): Promise<(InstanceMetadataRow & { readonly json: string })[]>;
  /** New instances of this study arrived. */
  arrived(studyInstanceUid: string): void;
  /**
   * Makes what is missing of studies in which nothing arrived lately, or of all of them with `now`.
   * @returns how many instances were described
   */
  fillDue(now?: boolean): Promise<number>;
}

/** While a study streams in, the intake has the machine for itself; a question in the meantime is answered anyway. */
const QUIET_MS = 1_500;
const BATCH = 32;

export function createMetadataStore(db: Database, archive: Archive): MetadataStore {
  /** Studies with something to do, and when they last grew. After a start it is not known which: null. */
  let due: Map<string, number> | null = null;

  async function rowsOf(scope: MetadataScope): Promise<InstanceMetadataRow[]> {
    return db
      .selectFrom('instance')
      .leftJoin('instance_metadata', 'instance_metadata.sha256', 'instance.sha256')
      .select([
        'instance.study_instance_uid',
        'instance.series_instance_uid',
        'instance.sop_instance_uid',
        'instance.sha256',
        'instance_metadata.json',
      ])
      .where('instance.study_instance_uid', '=', scope.study)
      .$if(scope.series !== undefined, (query) =>
        query.where('instance.series_instance_uid', '=', scope.series!),
      )
      .$if(scope.instance !== undefined, (query) =>
        query.where('instance.sop_instance_uid', '=', scope.instance!),
      )
      .orderBy('instance.series_instance_uid')
      .orderBy('instance.instance_number')
      .orderBy('instance.sop_instance_uid')
      .execute();
  }

  /** @throws what the first unreadable file says, after the others are described */
  async function fill(rows: readonly InstanceMetadataRow[]): Promise<Map<string, string>> {
    const made = new Map<string, string>();
    const failures: unknown[] = [];
    const describe = (row: InstanceMetadataRow) => {
      try {
        const described = describeInstance(archive.instances.pathOf(row.sha256));
        made.set(row.sha256, described.json);
        return [{ row, described }];
      } catch (error) {
        failures.push(error);
        return [];
      }
    };
    for (let at = 0; at < rows.length; at += BATCH) {
      const batch = rows.slice(at, at + BATCH).flatMap(describe);
      if (batch.length === 0) continue;
      await db
        .insertInto('instance_metadata')
        .values(batch.map(({ row, described }) => ({ sha256: row.sha256, json: described.json })))
        .onConflict((conflict) => conflict.column('sha256').doNothing())
        .execute();
      const series = new Map(batch.map((entry) => [entry.row.series_instance_uid, entry]));
      await db
        .insertInto('series_procedure')
        .values(
          [...series.values()].map(({ row, described }) => ({
            study_instance_uid: row.study_instance_uid,
            series_instance_uid: row.series_instance_uid,
            performed_date: described.procedure.performedDate,
            performed_time: described.procedure.performedTime,
            requests: JSON.stringify(described.procedure.requests),
          })),
        )
        .onConflict((conflict) => conflict.columns(['study_instance_uid', 'series_instance_uid']).doNothing())
        .execute();
      await breathe();
    }
    if (failures.length > 0) throw failures[0];
    return made;
  }

  async function fillStudy(study: string): Promise<number> {
    const missing = (await rowsOf({ study })).filter((row) => row.json === null);
    await fill(missing);
    return missing.length;
  }

  async function unfinished(): Promise<Map<string, number>> {
    const { rows } = await sql<{ study_instance_uid: string }>`
      select distinct study_instance_uid from instance
      where not exists (select 1 from instance_metadata m where m.sha256 = instance.sha256)`.execute(db);
    return new Map(rows.map((row) => [row.study_instance_uid, 0]));
  }

  return {
    async read(scope) {
      const rows = await rowsOf(scope);
      const missing = rows.filter((row) => row.json === null);
      const made = missing.length === 0 ? undefined : await fill(missing);
      return rows.map((row) => ({ ...row, json: row.json ?? made!.get(row.sha256)! }));
    },
    arrived(study) {
      due?.set(study, Date.now());
    },
    async fillDue(now = false) {
      due ??= await unfinished();
      let described = 0;
      let failure: unknown;
      for (const [study, at] of due) {
        if (!now && Date.now() - at < QUIET_MS) continue;
        due.delete(study);
        try {
          described += await fillStudy(study);
        } catch (error) {
          // One unreadable file must not keep the others waiting; whoever asks for it hears why.
          failure = error;
        }
      }
      if (failure !== undefined && !now) throw failure;
      return described;
    },
  };
}

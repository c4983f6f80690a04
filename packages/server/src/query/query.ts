import { type DicomJson, type DicomJsonElement, dictionary, jsonTag, personNameJson } from '@photopeak/dicom';
import { type RawBuilder, sql } from 'kysely';
import type { MetadataStore } from '../archive/index.ts';
import type { Database } from '../database/index.ts';
import {
  badParameter,
  type IndexedAttribute,
  indexed,
  levels,
  nameOf,
  type QueryLevel,
} from './attributes.ts';
import { condition } from './conditions.ts';
import { addFields, type IncludedFields, includedFields } from './include-fields.ts';

export type { QueryLevel } from './attributes.ts';

export interface QueryScope {
  readonly study?: string | undefined;
  readonly series?: string | undefined;
}

export interface QueryResult {
  readonly matches: readonly DicomJson[];
  /** There are more than were asked for, or than are given at once. */
  readonly more: boolean;
}

export type QueryParameters = Readonly<Record<string, string | string[]>>;

const MOST_RESULTS = 5_000;
const MOST_PARAMETERS = 64;
const LONGEST_VALUE = 8_192;
/** Parameters that are not attributes. `_` is what browsers add against caches. */
const OTHER = new Set([
  'limit',
  'offset',
  'includefield',
  'fuzzymatching',
  'emptyvaluematching',
  'multiplevaluematching',
  'accept',
  '_',
]);

type Row = Readonly<Record<string, string | number | null>>;

/**
 * QIDO-RS (PS3.18 §10.6) over the index, in one statement; attributes beyond the index come from the metadata.
 * @throws PhotopeakError HTTP_INPUT for a parameter that cannot be understood
 */
export async function query(
  db: Database,
  metadata: MetadataStore,
  level: QueryLevel,
  scope: QueryScope,
  parameters: QueryParameters,
  retrieveUrl: (path: string) => string,
): Promise<QueryResult> {
  if (Object.keys(parameters).length > MOST_PARAMETERS) throw badParameter('too many parameters', '');
  const named = new Map(Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value]));
  const limit = Math.min(MOST_RESULTS, count(named.get('limit'), MOST_RESULTS));
  const offset = count(named.get('offset'), 0);
  const fields = includedFields(named.get('includefield'));
  const where = await conditions(db, metadata, level, scope, parameters, named);
  const chosen = returned(level, scope, fields);
  const beyond = needsMetadata(fields, chosen);
  const select = chosen.map(({ value, keyword }) => sql`${sql.raw(value)} as ${sql.id(keyword)}`);
  // Metadata that is not ready yet is read from the archive by this.
  if (beyond && level === 'patients') select.push(sql`study.study_instance_uid as "StudyInstanceUID"`);
  if (beyond) select.push(sql`${metadataOf[level]} as metadata`);
  const { rows } = await sql<Row>`
    select ${sql.join(select)} from ${sql.join(tables[level], sql` `)}
    where ${where} order by ${orders[level]} limit ${limit + 1} offset ${offset}`.execute(db);
  const matches: DicomJson[] = [];
  for (const row of rows.slice(0, limit)) {
    const json = toJson(chosen, row);
    if (beyond) addFields(json, await metadataFor(metadata, row), fields, level);
    json['00080056'] = { vr: 'CS', Value: ['ONLINE'] };
    json['00081190'] = { vr: 'UR', Value: [retrieveUrl(pathOf(level, row))] };
    matches.push(sorted(json));
  }
  return { matches, more: rows.length > limit };
}

const series = sql`join series on series.study_instance_uid = study.study_instance_uid`;
const instance = sql`join instance on instance.study_instance_uid = series.study_instance_uid and instance.series_instance_uid = series.series_instance_uid`;
const tables: Readonly<Record<QueryLevel, readonly RawBuilder<unknown>[]>> = {
  // A patient is called what the newest study says.
  patients: [
    sql`(select distinct on (patient_id) * from study order by patient_id, study_date desc, study_time desc, study_instance_uid) as study`,
  ],
  studies: [sql`study`],
  series: [sql`study`, series],
  instances: [sql`study`, series, instance],
};
const orders: Readonly<Record<QueryLevel, RawBuilder<unknown>>> = {
  patients: sql`study.patient_id`,
  studies: sql`study.study_date desc, study.study_time desc, study.study_instance_uid`,
  series: sql`study.study_instance_uid, series.series_number, series.series_instance_uid`,
  instances: sql`study.study_instance_uid, series.series_instance_uid, instance.instance_number, instance.sop_instance_uid`,
};
const metadataOfStudy = sql`(select m.json from instance i join instance_metadata m using (sha256) where i.study_instance_uid = study.study_instance_uid order by i.series_instance_uid, i.instance_number, i.sop_instance_uid limit 1)`;
/** DICOM JSON of the instance, or of the first one of the series or study. */
const metadataOf: Readonly<Record<QueryLevel, RawBuilder<unknown>>> = {
  patients: metadataOfStudy,
  studies: metadataOfStudy,
  series: sql`(select m.json from instance i join instance_metadata m using (sha256) where i.study_instance_uid = series.study_instance_uid and i.series_instance_uid = series.series_instance_uid order by i.instance_number, i.sop_instance_uid limit 1)`,
  instances: sql`(select m.json from instance_metadata m where m.sha256 = instance.sha256)`,
};

async function conditions(
  db: Database,
  metadata: MetadataStore,
  level: QueryLevel,
  scope: QueryScope,
  parameters: QueryParameters,
  named: ReadonlyMap<string, string | string[]>,
): Promise<RawBuilder<unknown>> {
  const parts: RawBuilder<unknown>[] = [];
  if (scope.study !== undefined) parts.push(sql`study.study_instance_uid = ${scope.study}`);
  if (scope.series !== undefined) parts.push(sql`series.series_instance_uid = ${scope.series}`);
  const options = {
    fuzzy: isTrue(named.get('fuzzymatching'), 'fuzzymatching'),
    emptyValues: isTrue(named.get('emptyvaluematching'), 'emptyvaluematching'),
    multipleValues: isTrue(named.get('multiplevaluematching'), 'multiplevaluematching'),
    collation: await collationOf(db),
  };
  let needsProcedures = false;
  for (const [name, value] of Object.entries(parameters)) {
    if (OTHER.has(name.toLowerCase())) continue;
    const text = single(name, value);
    const made = condition(level, name, text, options);
    needsProcedures ||= made.needsProcedures;
    parts.push(made.sql);
  }
  // What arrived a moment ago is described only now; everything else is.
  if (needsProcedures) await metadata.fillDue(true);
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` and `);
}

/** UIDs may come as a list of parameters; any other attribute comes once. */
function single(name: string, value: string | string[]): string {
  const values = [value].flat();
  if (values.length > 1 && !/UID$|^0020000[DE]$|^000800(16|18)$/i.test(nameOf(name))) {
    throw badParameter('this parameter is given twice', name);
  }
  const text = values.join(',');
  if (text.length > LONGEST_VALUE) throw badParameter('this value is too long', name);
  if (text.includes('\0')) throw badParameter('this value holds a control character', name);
  return text;
}

function isTrue(value: string | string[] | undefined, name: string): boolean {
  const text = [value ?? 'false'].flat()[0]!;
  if (text === 'true' || text === 'false') return text === 'true';
  throw badParameter(`${name} is true or false`, text);
}

function count(value: string | string[] | undefined, otherwise: number): number {
  const text = [value ?? String(otherwise)].flat()[0]!;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw badParameter('limit and offset are whole numbers', text);
}

const collations = new WeakMap<Database, Promise<string | undefined>>();

/** The database's own locale may know ASCII only; these know the case of every letter. */
function collationOf(db: Database): Promise<string | undefined> {
  const known = collations.get(db);
  if (known !== undefined) return known;
  const found = sql<{ collname: string }>`
    select collname from pg_collation where collname in ('pg_c_utf8', 'und-x-icu') order by collname limit 1`
    .execute(db)
    .then(({ rows }) => rows[0]?.collname);
  collations.set(db, found);
  found.catch(() => collations.delete(db));
  return found;
}

/**
 * The attributes of the level, the UIDs above it, and those of the levels above that the URL does not fix
 * (PS3.18 §10.6.3.3); others of the index when they are asked for.
 */
function returned(level: QueryLevel, scope: QueryScope, fields: IncludedFields): IndexedAttribute[] {
  const depth = levels.indexOf(level);
  const asked = new Set(fields.paths.filter((path) => path.length === 1).map(([tag]) => tag!));
  return indexed.filter((attribute) => {
    const own = levels.indexOf(attribute.level);
    if (own > depth) return false;
    if (own === depth || attribute.match === 'uid') return true;
    if (asked.has(jsonTag(dictionary[attribute.keyword][0]))) return true;
    const fixed = attribute.level === 'series' ? scope.series !== undefined : scope.study !== undefined;
    // Counting the instances of a study for each of its instances helps nobody.
    return !fixed && attribute.match !== 'none';
  });
}

function needsMetadata(fields: IncludedFields, chosen: readonly IndexedAttribute[]): boolean {
  const known = new Set(chosen.map(({ keyword }) => jsonTag(dictionary[keyword][0])));
  return fields.all || fields.paths.some((path) => !known.has(path[0]!));
}

async function metadataFor(metadata: MetadataStore, row: Row): Promise<DicomJson> {
  if (typeof row.metadata === 'string') return JSON.parse(row.metadata) as DicomJson;
  const optional = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const [first] = await metadata.read({
    study: String(row.StudyInstanceUID),
    series: optional(row.SeriesInstanceUID),
    instance: optional(row.SOPInstanceUID),
  });
  return first === undefined ? {} : (JSON.parse(first.json) as DicomJson);
}

function pathOf(level: QueryLevel, row: Row): string {
  const study = `studies/${row.StudyInstanceUID}`;
  if (level === 'studies') return study;
  const series = `${study}/series/${row.SeriesInstanceUID}`;
  return level === 'series' ? series : `${series}/instances/${row.SOPInstanceUID}`;
}

function toJson(chosen: readonly IndexedAttribute[], row: Row): DicomJson {
  const json: Record<string, DicomJsonElement> = {};
  for (const { keyword } of chosen) {
    const [tag, vr] = dictionary[keyword];
    const value = row[keyword];
    if (value === null || value === undefined || value === '') json[jsonTag(tag)] = { vr };
    else if (vr === 'PN') json[jsonTag(tag)] = { vr, Value: [personNameJson(String(value))] };
    else if (keyword === 'ModalitiesInStudy') {
      json[jsonTag(tag)] = { vr, Value: String(value).split('\\').filter(Boolean) };
    } else json[jsonTag(tag)] = { vr, Value: [value] };
  }
  return json;
}

function sorted(json: DicomJson): DicomJson {
  return Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
}

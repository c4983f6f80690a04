import { dictionary, isKeyword, lookUpTag } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../database/index.ts';
import { type DicomJson, hex } from './dicom-json.ts';

export type QueryLevel = 'studies' | 'series' | 'instances';

export interface QueryScope {
  readonly study?: string | undefined;
  readonly series?: string | undefined;
}

export interface QueryResult {
  readonly matches: readonly DicomJson[];
  /** There are more than were asked for. */
  readonly more: boolean;
}

interface Column {
  readonly keyword: string;
  readonly level: QueryLevel;
  /** SQL of the value; undefined for what is only matched. */
  readonly value: string;
  readonly match: 'text' | 'uid' | 'date' | 'time' | 'number' | 'none';
}

const column = (
  level: QueryLevel,
  keyword: string,
  value: string,
  match: Column['match'] = 'text',
): Column => ({
  keyword,
  level,
  value,
  match,
});

/** Attributes that can be matched and are returned, PS3.18 Tables 10.6.1-5 and 10.6.3-3 to -5. */
const columns: readonly Column[] = [
  column('studies', 'StudyInstanceUID', 'study.study_instance_uid', 'uid'),
  column('studies', 'StudyDate', 'study.study_date', 'date'),
  column('studies', 'StudyTime', 'study.study_time', 'time'),
  column('studies', 'AccessionNumber', 'study.accession_number'),
  column('studies', 'StudyDescription', 'study.description'),
  column('studies', 'ReferringPhysicianName', 'study.referring_physician'),
  column('studies', 'PatientName', 'study.patient_name'),
  column('studies', 'PatientID', 'study.patient_id'),
  column('studies', 'PatientBirthDate', 'study.birth_date', 'date'),
  column('studies', 'PatientSex', 'study.sex'),
  column('studies', 'StudyID', 'study.study_id'),
  column(
    'studies',
    'ModalitiesInStudy',
    "(select string_agg(distinct s.modality, '\\' order by s.modality) from series s where s.study_instance_uid = study.study_instance_uid)",
    'none',
  ),
  column(
    'studies',
    'NumberOfStudyRelatedSeries',
    '(select count(*) from series s where s.study_instance_uid = study.study_instance_uid)',
    'none',
  ),
  column(
    'studies',
    'NumberOfStudyRelatedInstances',
    '(select count(*) from instance i where i.study_instance_uid = study.study_instance_uid)',
    'none',
  ),
  column('series', 'SeriesInstanceUID', 'series.series_instance_uid', 'uid'),
  column('series', 'Modality', 'series.modality'),
  column('series', 'SeriesNumber', 'series.series_number', 'number'),
  column('series', 'SeriesDescription', 'series.description'),
  column('series', 'BodyPartExamined', 'series.body_part'),
  column('series', 'Manufacturer', 'series.manufacturer'),
  column(
    'series',
    'NumberOfSeriesRelatedInstances',
    '(select count(*) from instance i where i.study_instance_uid = series.study_instance_uid and i.series_instance_uid = series.series_instance_uid)',
    'none',
  ),
  column('instances', 'SOPClassUID', 'instance.sop_class_uid', 'uid'),
  column('instances', 'SOPInstanceUID', 'instance.sop_instance_uid', 'uid'),
  column('instances', 'InstanceNumber', 'instance.instance_number', 'number'),
  column('instances', 'Rows', 'instance.rows', 'number'),
  column('instances', 'Columns', 'instance.columns', 'number'),
  column('instances', 'NumberOfFrames', 'instance.number_of_frames', 'number'),
];

const order: readonly QueryLevel[] = ['studies', 'series', 'instances'];
const MOST_RESULTS = 5_000;
/** Parameters that are not attributes. Fuzzy matching is not offered; PS3.18 lets a server ignore it. */
const OTHER = new Set(['limit', 'offset', 'includefield', 'fuzzymatching', '_']);

/**
 * QIDO-RS (PS3.18 §10.6) over the index: exact, wildcard, UID list and range matching of the main attributes.
 * @throws PhotopeakError HTTP_INPUT for an attribute that cannot be matched
 */
export async function query(
  db: Database,
  level: QueryLevel,
  scope: QueryScope,
  parameters: Readonly<Record<string, string | string[]>>,
  retrieveUrl: (path: string) => string,
): Promise<QueryResult> {
  const limit = Math.min(MOST_RESULTS, count(parameters.limit, MOST_RESULTS));
  const offset = count(parameters.offset, 0);
  const conditions: RawBuilder<unknown>[] = [];
  if (scope.study !== undefined) conditions.push(sql`study.study_instance_uid = ${scope.study}`);
  if (scope.series !== undefined) conditions.push(sql`series.series_instance_uid = ${scope.series}`);
  for (const [name, value] of Object.entries(parameters)) {
    if (OTHER.has(name.toLowerCase())) continue;
    conditions.push(condition(level, name, [value].flat().join(',')));
  }
  const depth = order.indexOf(level);
  const included = columns.filter((candidate) => order.indexOf(candidate.level) <= depth);
  const joins = [
    sql`study`,
    ...(depth >= 1 ? [sql`join series on series.study_instance_uid = study.study_instance_uid`] : []),
    ...(depth >= 2
      ? [
          sql`join instance on instance.study_instance_uid = series.study_instance_uid and instance.series_instance_uid = series.series_instance_uid`,
        ]
      : []),
  ];
  const sorted = [
    sql`study.study_date desc, study.study_time desc, study.study_instance_uid`,
    sql`study.study_instance_uid, series.series_number, series.series_instance_uid`,
    sql`series.series_instance_uid, instance.instance_number, instance.sop_instance_uid`,
  ][depth]!;
  const fields = included.map(
    (candidate) => sql`${sql.raw(candidate.value)} as ${sql.id(candidate.keyword)}`,
  );
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
  const { rows } = await sql<Record<string, string | number | null>>`
    select ${sql.join(fields)} from ${sql.join(joins, sql` `)}
    where ${where} order by ${sorted} limit ${limit + 1} offset ${offset}`.execute(db);
  return {
    matches: rows.slice(0, limit).map((row) => toJson(level, included, row, retrieveUrl)),
    more: rows.length > limit,
  };
}

function count(value: string | string[] | undefined, otherwise: number): number {
  const number = Number([value].flat()[0] ?? otherwise);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new PhotopeakError('limit and offset are whole numbers', {
    code: 'HTTP_INPUT',
    found: String(value),
  });
}

function condition(level: QueryLevel, name: string, value: string): RawBuilder<unknown> {
  const keyword = keywordOf(name);
  if (keyword === 'ModalitiesInStudy') {
    return sql`exists (select 1 from series s where s.study_instance_uid = study.study_instance_uid and s.modality = any(${list(value)}))`;
  }
  const found = columns.find((candidate) => candidate.keyword === keyword && candidate.match !== 'none');
  if (found === undefined || order.indexOf(found.level) > order.indexOf(level)) {
    throw new PhotopeakError('this attribute cannot be matched here', {
      code: 'HTTP_INPUT',
      expected: columns
        .filter((candidate) => candidate.match !== 'none')
        .map((candidate) => candidate.keyword)
        .join(', '),
      found: name,
    });
  }
  const field = sql.raw(found.value);
  if (value === '' || value === '*') return sql`true`;
  switch (found.match) {
    case 'uid':
      return sql`${field} = any(${list(value)})`;
    case 'number':
      return sql`${field}::text = ${value}`;
    case 'date':
    case 'time': {
      const range = /^(\d*(?:\.\d+)?)-(\d*(?:\.\d+)?)$/.exec(value);
      if (range === null) return sql`${field} = ${value}`;
      const [, from = '', to = ''] = range;
      // `101530` is before `1016`: a time range ends with everything that starts like its end.
      return sql`${field} <> '' and ${field} >= ${from} and (${to} = '' or ${field} <= ${`${to}~`})`;
    }
    default: {
      const pattern = value
        .replaceAll(/[\\%_]/g, '\\$&')
        .replaceAll('*', '%')
        .replaceAll('?', '_');
      return sql`${field} ilike ${pattern}`;
    }
  }
}

/** Comma and backslash both separate UIDs (PS3.18 §8.3.4.1). */
function list(value: string): string[] {
  return value.split(/[,\\]/).map((part) => part.trim());
}

function keywordOf(name: string): string {
  if (isKeyword(name)) return name;
  const tag = /^[0-9a-f]{8}$/i.test(name) ? Number.parseInt(name, 16) : undefined;
  const entry = tag === undefined ? undefined : lookUpTag(tag);
  return entry?.keyword ?? name;
}

function toJson(
  level: QueryLevel,
  included: readonly Column[],
  row: Readonly<Record<string, string | number | null>>,
  retrieveUrl: (path: string) => string,
): DicomJson {
  const json: DicomJson = {};
  const path = [
    `studies/${row.StudyInstanceUID}`,
    ...(level === 'studies' ? [] : [`series/${row.SeriesInstanceUID}`]),
    ...(level === 'instances' ? [`instances/${row.SOPInstanceUID}`] : []),
  ].join('/');
  for (const { keyword } of included) {
    if (!isKeyword(keyword)) continue;
    const [tag, vr] = dictionary[keyword];
    const value = row[keyword];
    // Where the dictionary offers two (US or SS) the first one holds for what the index keeps.
    const type = String(vr).slice(0, 2);
    if (value === null || value === undefined || value === '') {
      json[hex(tag)] = { vr: type };
    } else if (type === 'PN') {
      json[hex(tag)] = { vr: type, Value: [{ Alphabetic: String(value).split('=')[0] ?? '' }] };
    } else if (keyword === 'ModalitiesInStudy') {
      json[hex(tag)] = {
        vr: type,
        Value: String(value)
          .split('\\')
          .filter((part) => part !== ''),
      };
    } else {
      json[hex(tag)] = { vr: type, Value: [value] };
    }
  }
  json['00081190'] = { vr: 'UR', Value: [retrieveUrl(path)] };
  return Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
}

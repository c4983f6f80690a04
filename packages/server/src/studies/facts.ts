import type { DicomJson } from '@photopeak/dicom';
import {
  type FactsNeeded,
  instanceFacts,
  type SourceFacts,
  type StudyFacts,
  type StudySeries,
} from '@photopeak/pipelines';
import type { MetadataStore } from '../archive/index.ts';
import type { Database } from '../database/index.ts';
import { orderFacts } from '../orders/index.ts';

interface Context {
  readonly db: Database;
  readonly metadata: MetadataStore;
}

/** What routes may look at, of the originals of a study: results never decide what happens to their own study. */
export async function studyFacts(
  { db, metadata }: Context,
  studyInstanceUid: string,
  needed: FactsNeeded,
  at: Date,
): Promise<StudyFacts> {
  const rows = await db
    .selectFrom('series')
    .innerJoin('instance', (join) =>
      join
        .onRef('instance.series_instance_uid', '=', 'series.series_instance_uid')
        .onRef('instance.study_instance_uid', '=', 'series.study_instance_uid'),
    )
    .select([
      'series.series_instance_uid',
      'series.modality',
      'series.series_number',
      'series.description',
      'instance.sop_instance_uid',
      'instance.source',
    ])
    .where('series.study_instance_uid', '=', studyInstanceUid)
    .where('instance.origin', '=', 'received')
    .orderBy('series.series_number')
    .orderBy('series.series_instance_uid')
    .orderBy('instance.instance_number')
    .orderBy('instance.sop_instance_uid')
    .execute();
  const bySeries = Map.groupBy(rows, (row) => row.series_instance_uid);
  const series: StudySeries[] = [];
  for (const [seriesInstanceUid, members] of bySeries) {
    const [first] = members;
    if (first === undefined) continue;
    series.push({
      seriesInstanceUid,
      modality: first.modality,
      title: [first.series_number, first.description]
        .filter((part) => part !== null && part !== '')
        .join(' '),
      instanceCount: members.length,
      instances: await readInstances(metadata, studyInstanceUid, seriesInstanceUid, members, needed),
      sources: sourcesOf(members.map((row) => row.source)),
    });
  }
  return { studyInstanceUid, series, order: await orderFacts(db, studyInstanceUid), at };
}

async function readInstances(
  metadata: MetadataStore,
  study: string,
  series: string,
  members: readonly { readonly sop_instance_uid: string }[],
  needed: FactsNeeded,
) {
  if (needed.paths.length === 0)
    return members.map((row) => ({
      sopInstanceUid: row.sop_instance_uid,
      values: new Map<string, readonly string[]>(),
    }));
  const wanted = needed.everyInstance ? undefined : members[0]?.sop_instance_uid;
  const isMember = new Set(members.map((row) => row.sop_instance_uid));
  const found = await metadata.read({ study, series, ...(wanted === undefined ? {} : { instance: wanted }) });
  return found
    .filter((row) => isMember.has(row.sop_instance_uid))
    .map((row) => instanceFacts(row.sop_instance_uid, JSON.parse(row.json) as DicomJson, needed.paths));
}

/** Each source once. */
function sourcesOf(sources: readonly Readonly<Record<string, unknown>>[]): SourceFacts[] {
  const texts = new Map<string, SourceFacts>();
  for (const source of sources) {
    const { callingAeTitle, ...rest } = source;
    const facts = Object.fromEntries(
      Object.entries({ ...rest, aeTitle: callingAeTitle }).flatMap(([key, value]) =>
        typeof value === 'string' ? [[key, value]] : [],
      ),
    );
    texts.set(JSON.stringify(facts), facts);
  }
  return [...texts.values()];
}

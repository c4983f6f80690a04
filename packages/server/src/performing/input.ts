import { type DicomJson, isUid } from '@photopeak/dicom';
import type { Database } from '../database/index.ts';
import { multipartType, storeParts } from '../intake/dicomweb/index.ts';
import type { IntakeSink } from '../intake/sink.ts';
import { itemsOf, T, textOf } from '../work-items/index.ts';
import type { TaskManager } from './client.ts';

/** A series that a task names as its input. */
interface InputSeries {
  readonly study: string;
  readonly series: string;
  readonly instances: readonly string[];
  readonly url: string | undefined;
}

const MOST_SERIES = 1_000;

/** The input of a work item; undefined where it names none, or one that is no DICOM. */
export function inputOf(item: DicomJson): readonly InputSeries[] | undefined {
  const input = itemsOf(item, T.input)
    .slice(0, MOST_SERIES)
    .map((entry) => ({
      study: textOf(entry, '0020000D'),
      series: textOf(entry, '0020000E'),
      instances: itemsOf(entry, '00081199').map((reference) => textOf(reference, '00081155')),
      url: itemsOf(entry, '0040E025')
        .map((retrieval) => textOf(retrieval, '00081190'))
        .find((url) => /^https?:\/\//.test(url)),
    }));
  const valid = input.every(({ study, series }) => isUid(study) && (series === '' || isUid(series)));
  return input.length > 0 && valid ? input : undefined;
}

async function isHere(db: Database, series: InputSeries): Promise<boolean> {
  const present = await db
    .selectFrom('instance')
    .select('sop_instance_uid')
    .where('study_instance_uid', '=', series.study)
    .$if(series.series !== '', (query) => query.where('series_instance_uid', '=', series.series))
    .execute();
  if (series.instances.length === 0) return present.length > 0;
  const here = new Set(present.map((row) => row.sop_instance_uid));
  return series.instances.every((uid) => here.has(uid));
}

/**
 * Fetches what is not in the archive, from where the item says or else from the manager.
 * @returns UIDs of series that are still not whole
 */
export async function fetchInput(
  context: { readonly db: Database; readonly sink: IntakeSink },
  manager: TaskManager,
  list: { readonly name: string; readonly url: string },
  input: readonly InputSeries[],
): Promise<string[]> {
  const missing: string[] = [];
  for (const series of input) {
    if (await isHere(context.db, series)) continue;
    const place = series.series === '' ? '' : `/series/${series.series}`;
    const url = series.url ?? `${list.url.replace(/\/$/, '')}/studies/${series.study}${place}`;
    const { contentType, body } = await manager.retrieve(url);
    const multipart = multipartType(contentType);
    if (multipart !== undefined) {
      const session = context.sink.open({
        kind: 'dicomweb',
        address: new URL(url).hostname,
        user: list.name,
      });
      try {
        await storeParts(session, body, multipart.boundary, series.study);
        await session.close('complete');
      } catch (error) {
        await session.close('aborted');
        throw error;
      }
    }
    if (!(await isHere(context.db, series))) missing.push(series.series || series.study);
  }
  return missing;
}

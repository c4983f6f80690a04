import {
  type Dataset,
  LABEL_MAP_SEGMENTATION,
  type MeasurementGroup,
  readFileHeader,
  UID,
} from '@photopeak/dicom';
import { type PetctSummary, reviewedTotalsGroup, setAsideGroup } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import type { Database } from '../database/index.ts';
import { asPetctSummary } from '../studies/worklist.ts';

/** What a run found but set aside as physiological, which a reader may add to the findings. */
export interface SetAside {
  /** The measurement group of such uptake, by Tracking UID; undefined where the run set nothing like it aside. */
  group(trackingUid: string): MeasurementGroup | undefined;
  /** The group of the whole patient over the findings that stand, by Tracking UID. */
  totals(standing: ReadonlySet<string>): MeasurementGroup | undefined;
}

/** Reads it from the summary of the run and from the headers of its segmentations, as they lie in the archive. */
export async function setAsideOf(db: Database, archive: Archive, runId: string): Promise<SetAside> {
  const run = await db.selectFrom('run').select('summary').where('id', '=', runId).executeTakeFirst();
  const summary: PetctSummary | undefined = asPetctSummary(run?.summary);
  if (summary === undefined) return { group: () => undefined, totals: () => undefined };
  const rows = await db
    .selectFrom('result')
    .select('sha256')
    .where('run_id', '=', runId)
    .where('sop_class_uid', 'in', [UID.SegmentationStorage, LABEL_MAP_SEGMENTATION])
    .orderBy('ordinal')
    .execute();
  const segmentations = rows.map(
    ({ sha256 }): Dataset => readFileHeader(archive.instances.pathOf(sha256)).dataset,
  );
  return {
    group: (trackingUid) => setAsideGroup(summary, trackingUid, segmentations),
    totals: (standing) => reviewedTotalsGroup(summary, standing, segmentations),
  };
}

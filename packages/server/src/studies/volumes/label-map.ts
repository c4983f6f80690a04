import { createHash } from 'node:crypto';
import {
  LABEL_MAP_SEGMENTATION,
  readFilePart10,
  readSegmentation,
  type Segmentation,
  UID,
} from '@photopeak/dicom';
import { type Grid, PhotopeakError } from '@photopeak/imaging';
import type { LabelMap } from '../../api/contract.ts';
import { asPetctSummary } from '../worklist.ts';
import type { Prepared } from './cache.ts';
import { type SeriesVolumeContext, seriesVolume } from './series-volume.ts';

export type LabelKind = 'lesions' | 'physiological';

const FORMAT = 1;
const DEFAULT_COLOR = [255, 96, 64] as const;

export interface PreparedLabels {
  readonly labels: LabelMap;
  readonly folder: string;
}

/**
 * The segments of a run's segmentations that are findings (or, on request, physiological uptake) as one label map on
 * the grid of the PET, so that the viewer lays it over without resampling.
 * @throws PhotopeakError HTTP_NOT_FOUND when the run has none
 */
export async function runLabels(
  context: SeriesVolumeContext,
  runId: string,
  kind: LabelKind,
): Promise<PreparedLabels> {
  const { db, archive, cache } = context;
  const run = await db.selectFrom('run').selectAll().where('id', '=', runId).executeTakeFirst();
  const segmentations = await db
    .selectFrom('result')
    .select(['sha256', 'series_instance_uid'])
    .where('run_id', '=', runId)
    .where('sop_class_uid', 'in', [UID.SegmentationStorage, LABEL_MAP_SEGMENTATION])
    .orderBy('ordinal')
    .execute();
  if (run === undefined || segmentations.length === 0) {
    throw new PhotopeakError('the run has no segmentation', { code: 'HTTP_NOT_FOUND' });
  }
  const summary = asPetctSummary(run.summary);
  const wanted = new Set(
    kind === 'physiological'
      ? summary?.physiologicalUptake.map((uptake) => uptake.trackingUid)
      : await reportedFindings(db, runId),
  );
  const pet = summary?.chosen.pet?.seriesInstanceUid;
  const key = createHash('sha256').update(`labels ${FORMAT} ${runId} ${kind} ${pet ?? ''}\n`);
  for (const { sha256 } of segmentations) key.update(`${sha256}\n`);
  // Before the label map's own turn: volumes are built one after the other.
  const grid =
    pet === undefined ? undefined : gridOf(await seriesVolume(context, run.study_instance_uid, pet));
  const prepared = await cache.get(key.digest('hex'), async () => {
    const read: Segmentation[] = [];
    for (const { sha256 } of segmentations) {
      read.push(await readSegmentation(readFilePart10(archive.instances.pathOf(sha256))));
    }
    return paint(run.study_instance_uid, runId, kind, read, wanted, grid);
  });
  return { labels: prepared.description, folder: prepared.folder };
}

/** Uptake that a reader added stays where it is drawn: among the physiological. */
async function reportedFindings(db: SeriesVolumeContext['db'], runId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('finding')
    .select('id')
    .where('run_id', '=', runId)
    .where('is_added', '=', false)
    .execute();
  return rows.map(({ id }) => id);
}

function gridOf({ geometry }: { readonly geometry: LabelMapGrid }): Grid {
  return {
    size: geometry.size,
    spacingMm: geometry.spacingMm,
    origin: geometry.origin,
    direction: geometry.direction as unknown as Grid['direction'],
  };
}

type LabelMapGrid = Pick<LabelMap, 'size' | 'spacingMm' | 'origin' | 'direction'>;

function paint(
  studyInstanceUid: string,
  runId: string,
  kind: LabelKind,
  segmentations: readonly Segmentation[],
  wanted: ReadonlySet<string>,
  petGrid: Grid | undefined,
): Prepared<LabelMap> {
  const chosen = segmentations.flatMap((segmentation) =>
    segmentation.segments
      .filter((segment) => segment.trackingUid !== undefined && wanted.has(segment.trackingUid))
      .map((segment) => ({ segmentation, segment })),
  );
  const source = chosen[0]?.segmentation ?? segmentations[0]!;
  const grid = petGrid ?? source.grid;
  if (grid === undefined)
    throw new PhotopeakError('the segmentation has no regular grid', { code: 'VOLUME_NO_GRID' });
  const data = new Uint16Array(grid.size[0] * grid.size[1] * grid.size[2]);
  const labels = chosen.map(({ segmentation, segment }, index) => {
    const value = index + 1;
    const mask = segmentation.mask(segment.number, { grid }).data;
    for (let at = 0; at < mask.length; at++) if (mask[at] !== 0) data[at] = value;
    const color = segment.colour ?? DEFAULT_COLOR;
    return {
      value,
      name: segment.trackingId ?? segment.label,
      findingId: kind === 'lesions' ? segment.trackingUid! : null,
      color: [color[0], color[1], color[2]] as [number, number, number],
    };
  });
  const query = kind === 'lesions' ? '' : `?kind=${kind}`;
  return {
    files: { 'voxels.bin': new Uint8Array(data.buffer) },
    description: (etags) => ({
      studyInstanceUid,
      seriesInstanceUid: source.seriesInstanceUid,
      modality: 'SEG',
      size: [...grid.size],
      spacingMm: [...grid.spacingMm],
      origin: [...grid.origin],
      direction: [...grid.direction],
      unit: '1',
      type: 'uint16',
      byteLength: data.byteLength,
      frameOfReferenceUid: source.frameOfReferenceUid ?? '',
      etag: etags['voxels.bin']!,
      voxelsHref: `/api/runs/${runId}/labels/voxels${query}`,
      notices: [],
      labels,
    }),
  };
}

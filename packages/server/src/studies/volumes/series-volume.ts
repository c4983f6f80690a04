import { createHash } from 'node:crypto';
import { groupSeries, instanceFromHeader, loadSeriesVolume, readFileHeader } from '@photopeak/dicom';
import { type Grid, PhotopeakError, type Vec3 } from '@photopeak/imaging';
import type { VolumeGeometry } from '../../api/contract.ts';
import type { Archive } from '../../archive/index.ts';
import type { Database } from '../../database/index.ts';
import { asPetctSummary } from '../worklist.ts';
import type { Prepared, VolumeCache } from './cache.ts';
import { type PetSuv, petSuv } from './suv.ts';

/** Changes when prepared volumes would come out differently. */
const FORMAT = 1;
const SUV_UNIT = 'g/ml{SUVbw}';
/** Every fourth voxel in both directions of a slice. */
const PREVIEW_STEP = 4;
/** Smaller volumes are there before a preview would be. */
const PREVIEW_FROM_BYTES = 4 * 1024 * 1024;

export interface SeriesVolumeContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly cache: VolumeCache;
}

export interface PreparedVolume {
  readonly geometry: VolumeGeometry;
  readonly folder: string;
}

/**
 * A series as one block of voxels, x fastest: CT as int16 HU, PET as float32 SUVbw where a run could compute it, else
 * in its own unit. Made once and kept beside the archive.
 * @throws PhotopeakError HTTP_NOT_FOUND, SERIES_*, DICOM_*
 */
export async function seriesVolume(
  context: SeriesVolumeContext,
  studyInstanceUid: string,
  seriesInstanceUid: string,
): Promise<PreparedVolume> {
  const { db, archive, cache } = context;
  const rows = await db
    .selectFrom('instance')
    .select(['sha256', 'sop_instance_uid'])
    .where('study_instance_uid', '=', studyInstanceUid)
    .where('series_instance_uid', '=', seriesInstanceUid)
    .orderBy('sop_instance_uid')
    .execute();
  if (rows.length === 0) throw new PhotopeakError('there is no such series', { code: 'HTTP_NOT_FOUND' });
  const suv = await suvOf(db, studyInstanceUid, seriesInstanceUid);
  const digest = createHash('sha256').update(
    `${FORMAT} ${seriesInstanceUid} ${JSON.stringify(suv ?? null)}\n`,
  );
  for (const row of rows) digest.update(`${row.sha256}\n`);
  const paths = rows.map((row) => archive.instances.pathOf(row.sha256));
  const prepared = await cache.get(digest.digest('hex'), () =>
    prepare(
      paths,
      studyInstanceUid,
      seriesInstanceUid,
      suv,
      `/api/volumes/${studyInstanceUid}/${seriesInstanceUid}`,
    ),
  );
  return { geometry: prepared.description, folder: prepared.folder };
}

/**
 * The volume of a layer, in the unit of its series. Of PET whose run could compute SUV the factor of the original holds:
 * units and times are the same.
 * @throws PhotopeakError SERIES_*, DICOM_*
 */
export async function layerVolume(
  { db, cache }: SeriesVolumeContext,
  runId: string,
  files: readonly string[],
): Promise<PreparedVolume> {
  const row = await db
    .selectFrom('enhancement')
    .select(['study_instance_uid', 'series_instance_uid'])
    .where('run_id', '=', runId)
    .executeTakeFirst();
  const { study_instance_uid: study, series_instance_uid: original } = row ?? {};
  if (study === undefined || original === undefined)
    throw new PhotopeakError('there is no such layer', { code: 'HTTP_NOT_FOUND' });
  const suv = await suvOf(db, study, original);
  const key = createHash('sha256')
    .update(`${FORMAT} layer ${runId} ${JSON.stringify(suv ?? null)}`)
    .digest('hex');
  const prepared = await cache.get(key, () =>
    prepare(files, study, undefined, suv, `/api/enhancements/${runId}`),
  );
  return { geometry: prepared.description, folder: prepared.folder };
}

/** Undefined for anything that is not PET. */
async function suvOf(db: Database, study: string, series: string): Promise<PetSuv | undefined> {
  const row = await db
    .selectFrom('series')
    .select('modality')
    .where('study_instance_uid', '=', study)
    .where('series_instance_uid', '=', series)
    .executeTakeFirst();
  if (row?.modality !== 'PT') return undefined;
  const run = await db
    .selectFrom('run')
    .select('summary')
    .where('study_instance_uid', '=', study)
    .where('summary', 'is not', null)
    .where('pipeline', '!=', 'enhancement')
    .orderBy('queued_at', 'desc')
    .executeTakeFirst();
  return petSuv(series, asPetctSummary(run?.summary));
}

async function prepare(
  paths: readonly string[],
  studyInstanceUid: string,
  /** Undefined: the files are of one series. */
  wanted: string | undefined,
  suv: PetSuv | undefined,
  base: string,
): Promise<Prepared<VolumeGeometry>> {
  const instances = paths.flatMap((file) => {
    const instance = instanceFromHeader(readFileHeader(file));
    return instance === undefined ? [] : [instance];
  });
  // A series with several stacks (phases, echoes) shows its largest.
  const stacks = groupSeries(instances).filter(
    (candidate) => wanted === undefined || candidate.seriesInstanceUid === wanted,
  );
  const series = stacks.sort((a, b) => b.slices.length - a.slices.length)[0];
  if (series === undefined) throw new PhotopeakError('the series has no image', { code: 'VOLUME_NONE' });
  const loaded = await loadSeriesVolume(series, { gaps: 'interpolate' });
  const { volume } = loaded;
  const scale = suv?.factor;
  let data: Int16Array | Float32Array = volume.data;
  if (scale !== undefined) {
    data = new Float32Array(volume.data.length);
    for (let index = 0; index < data.length; index++) data[index] = volume.data[index]! * scale;
  }
  const voxels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const small = data.byteLength >= PREVIEW_FROM_BYTES ? preview(volume, data) : undefined;
  const { seriesInstanceUid } = series;
  return {
    files: {
      'voxels.bin': voxels,
      ...(small === undefined ? {} : { 'preview.bin': new Uint8Array(small.data.buffer) }),
    },
    description: (etags) => ({
      studyInstanceUid,
      seriesInstanceUid,
      modality: series.modality,
      size: [...volume.size],
      spacingMm: [...volume.spacingMm],
      origin: [...volume.origin],
      direction: [...volume.direction],
      unit: scale === undefined ? volume.unit : SUV_UNIT,
      type: data instanceof Int16Array ? 'int16' : 'float32',
      byteLength: data.byteLength,
      frameOfReferenceUid: series.frameOfReferenceUid ?? '',
      range: rangeOf(data),
      suv: suv?.status ?? null,
      etag: etags['voxels.bin']!,
      voxelsHref: `${base}/voxels`,
      preview:
        small === undefined
          ? null
          : {
              href: `${base}/preview`,
              size: [...small.size],
              spacingMm: [...small.spacingMm],
              origin: [...small.origin],
              byteLength: small.data.byteLength,
            },
      notices: loaded.findings.map((finding) => ({
        code: finding.code,
        severity: 'warning' as const,
        message: finding.message,
      })),
    }),
  };
}

function rangeOf(data: Int16Array | Float32Array): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < data.length; index++) {
    const value = data[index]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

type Small = Pick<Grid, 'size' | 'spacingMm' | 'origin'> & { readonly data: Int16Array | Float32Array };

/** Means of 4 × 4 voxels of each slice; the grid moves by one and a half voxels so that it stays in place. */
function preview(grid: Grid, data: Int16Array | Float32Array): Small {
  const [nx, ny, nz] = grid.size;
  const size: Vec3 = [Math.floor(nx / PREVIEW_STEP), Math.floor(ny / PREVIEW_STEP), nz];
  const small =
    data instanceof Int16Array
      ? new Int16Array(size[0] * size[1] * nz)
      : new Float32Array(size[0] * size[1] * nz);
  const block = PREVIEW_STEP * PREVIEW_STEP;
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++) {
        let sum = 0;
        for (let y = 0; y < PREVIEW_STEP; y++) {
          const row = nx * (j * PREVIEW_STEP + y + ny * k) + i * PREVIEW_STEP;
          for (let x = 0; x < PREVIEW_STEP; x++) sum += data[row + x]!;
        }
        small[at++] = data instanceof Int16Array ? Math.round(sum / block) : sum / block;
      }
    }
  }
  const shift = (PREVIEW_STEP - 1) / 2;
  const { direction: d, spacingMm: s, origin } = grid;
  const move = (row: 0 | 1 | 2) => origin[row] + shift * (s[0] * d[3 * row]! + s[1] * d[3 * row + 1]!);
  return {
    size,
    spacingMm: [s[0] * PREVIEW_STEP, s[1] * PREVIEW_STEP, s[2]],
    origin: [move(0), move(1), move(2)],
    data: small,
  };
}

import {
  type Dataset,
  groupSeries,
  multiFrameSource,
  planSeriesGrid,
  type Series,
  type SourceImages,
  sourceImages,
} from '@photopeak/dicom';
import { type Grid, PhotopeakError } from '@photopeak/imaging';
import { collectStudies } from '../study/index.ts';

/** Chooses the series of a folder that an object refers to, from headers alone. Throws `CONTOURS_NO_IMAGES`. */
export async function planningImages(
  folder: string,
  wanted: {
    readonly seriesInstanceUids: readonly string[];
    readonly frameOfReferenceUids: readonly string[];
  },
): Promise<SourceImages> {
  const { studies } = await collectStudies(folder);
  const series = studies
    .flatMap(({ instances }) => groupSeries(instances))
    .filter(({ kind }) => kind === 'volume');
  const inFrame = series.filter(({ frameOfReferenceUid }) =>
    wanted.frameOfReferenceUids.includes(frameOfReferenceUid ?? ''),
  );
  const found =
    series.find(({ seriesInstanceUid }) => wanted.seriesInstanceUids.includes(seriesInstanceUid)) ??
    (inFrame.length === 1 ? inFrame[0] : inFrame.find(({ modality }) => modality === 'CT'));
  const grid = found === undefined ? undefined : planSeriesGrid(found).grid;
  if (found === undefined || grid === undefined) {
    throw new PhotopeakError('the images that the object belongs to are not there', {
      code: 'CONTOURS_NO_IMAGES',
      expected: `series ${wanted.seriesInstanceUids.join(' or ') || 'of the same frame of reference'}`,
      found: `${series.length} volume series`,
      where: folder,
      remedy: 'give the folder with the images that the contours were drawn on with --images',
    });
  }
  return imagesOf(found, grid);
}

/** The header (and frame) of each slice of the grid: single-frame series, or one multi-frame instance. */
function imagesOf(series: Series, grid: Grid): SourceImages {
  const axis = [grid.direction[2], grid.direction[5], grid.direction[8]] as const;
  const along = (position: readonly number[]) =>
    position.reduce((sum, mm, n) => sum + (mm - grid.origin[n]!) * axis[n]!, 0) / grid.spacingMm[2];
  const headers: Dataset[] = [];
  const frames: number[] = [];
  for (const { position, instance, frame } of series.slices) {
    if (position === undefined) continue;
    const k = Math.round(along(position));
    headers[k] = instance.dataset;
    frames[k] = frame + 1;
  }
  const isMultiFrame = series.instances.length === 1 && grid.size[2] > 1;
  return isMultiFrame ? multiFrameSource(grid, headers[0]!, frames) : sourceImages(grid, headers);
}

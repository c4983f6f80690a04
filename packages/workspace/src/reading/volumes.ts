import type { PetctSummary, VolumeList } from '../api/index.ts';
import { call, download, type StudyDetail, type SuvStatus, type VolumeGeometry } from '../api/index.ts';
import type { VoxelData } from '../geometry/index.ts';
import type { EngineVolume } from '../viewer/index.ts';

export interface LoadedVolume extends EngineVolume {
  readonly unit: string;
  readonly range: readonly [number, number];
  readonly suv: SuvStatus | null;
  readonly frameOfReferenceUid: string;
  /** A quarter of the resolution, until the whole volume is here. Never measured. */
  readonly isPreview: boolean;
  /** Shown in this range, whatever the window of its modality: a difference. */
  readonly ownRange?: readonly [number, number];
}

export interface ChosenSeries {
  readonly ct: string | undefined;
  readonly pet: string | undefined;
}

/** The series to show: the run's choice, else the node's, else the largest of each modality. */
export function chooseSeries(
  summary: PetctSummary | undefined,
  detail: StudyDetail,
  list: VolumeList,
): ChosenSeries {
  const pick = (modality: string, chosen: string | undefined, role: 'chosen-ct' | 'chosen-pet') => {
    const shown = (uid: string | undefined) =>
      list.volumes.find((volume) => volume.seriesInstanceUid === uid)?.seriesInstanceUid;
    const byRole = detail.series.find((series) => series.role === role)?.seriesInstanceUid;
    const largest = list.volumes
      .filter((volume) => volume.modality === modality && volume.role !== 'result')
      .sort((a, b) => b.instanceCount - a.instanceCount)[0]?.seriesInstanceUid;
    return shown(chosen) ?? shown(byRole) ?? largest;
  };
  return {
    ct: pick('CT', summary?.chosen.ct?.seriesInstanceUid, 'chosen-ct'),
    pet: pick('PT', summary?.chosen.pet?.seriesInstanceUid, 'chosen-pet'),
  };
}

export function view(type: VolumeGeometry['type'], buffer: ArrayBuffer): VoxelData {
  if (type === 'float32') return new Float32Array(buffer);
  return type === 'int16' ? new Int16Array(buffer) : new Uint16Array(buffer);
}

/**
 * Loads a series as one volume: first a quarter of its resolution, which is on the screen at once, then the whole,
 * streamed into one buffer that the pictures and the read-out share. With `previewOnly` it stops after the first
 * part, for a machine whose graphics memory has run out.
 */
export async function loadVolume(
  studyUid: string,
  seriesUid: string,
  options: {
    readonly signal: AbortSignal;
    readonly previewOnly: boolean;
    readonly onVolume: (volume: LoadedVolume) => void;
    readonly onProgress: (fraction: number) => void;
  },
): Promise<void> {
  const geometry = await call<VolumeGeometry>('GET', `volumes/${studyUid}/${seriesUid}/geometry`);
  options.signal.throwIfAborted();
  const { unit, range, suv, frameOfReferenceUid, modality, direction, preview } = geometry;
  const facts = { unit, range, suv, frameOfReferenceUid, modality, direction };
  if (preview !== null) {
    const buffer = await download(preview.href, preview.byteLength, { signal: options.signal });
    options.onVolume({
      ...facts,
      id: `${seriesUid}-preview`,
      size: preview.size,
      spacingMm: preview.spacingMm,
      origin: preview.origin,
      data: view(geometry.type, buffer),
      isPreview: true,
    });
    if (options.previewOnly) return;
  }
  const buffer = await download(geometry.voxelsHref, geometry.byteLength, options);
  options.onVolume({
    ...facts,
    id: seriesUid,
    size: geometry.size,
    spacingMm: geometry.spacingMm,
    origin: geometry.origin,
    data: view(geometry.type, buffer),
    isPreview: false,
  });
}

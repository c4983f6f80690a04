import { frameHeader, loadSeriesVolume, type Series } from '@photopeak/dicom';
import { toFinding } from '../inspection/index.ts';
import { type Source, sourceOf } from '../objects/index.ts';
import type { Finding } from '../pipeline.ts';
import { imageFacts } from './image-facts.ts';
import type { EnhancementImage } from './method.ts';

export interface LoadedImage {
  readonly image: EnhancementImage;
  readonly source: Source;
  /** The 1-based frame under each plane. */
  readonly frames: readonly number[];
  readonly findings: readonly Finding[];
}

/**
 * Reads a series in its own unit, plane for plane as it was stored: nothing is interpolated, so that each plane of the
 * result has the place of its source. Throws SERIES_* where the series is no regular stack.
 */
export async function loadImage(series: Series, signal: AbortSignal): Promise<LoadedImage> {
  const loaded = await loadSeriesVolume(series, { signal, tilt: 'keep' });
  const planes = loaded.slices.map(({ path, frameNumber }) => ({ path, frameNumber }));
  const source = sourceOf(loaded.volume, planes);
  return {
    image: {
      volume: loaded.volume,
      planes: 'slices',
      facts: imageFacts(frameHeader(source.images.header, planes[0]?.frameNumber ?? 1), loaded.volume.unit),
    },
    source,
    frames: planes.map(({ frameNumber }) => frameNumber),
    findings: loaded.findings.map(toFinding),
  };
}

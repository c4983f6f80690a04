import {
  type Dataset,
  type InstanceReference,
  multiFrameSource,
  readFileHeader,
  type SourceImages,
  sourceImages,
} from '@photopeak/dicom';
import type { Grid } from '@photopeak/imaging';

/** The instance (and its 1-based frame) under one plane of a volume, in the order of the planes. */
export interface PlaneSource {
  readonly path: string;
  readonly frameNumber: number;
}

/** The images under a volume, as the builders of results want them, and the header of the first. */
export interface Source {
  readonly images: SourceImages;
  readonly headers: readonly Dataset[];
}

/** Reads the headers under a volume again: single-frame series, or one multi-frame instance. */
export function sourceOf(grid: Grid, planes: readonly PlaneSource[]): Source {
  const paths = new Set(planes.map(({ path }) => path));
  const first = planes[0];
  if (first !== undefined && paths.size === 1 && planes.length > 1) {
    const header = readFileHeader(first.path).dataset;
    const frames = planes.map(({ frameNumber }) => frameNumber);
    return { images: multiFrameSource(grid, header, frames), headers: [header] };
  }
  const headers = planes.map(({ path }) => readFileHeader(path).dataset);
  return { images: sourceImages(grid, headers), headers };
}

/** The instances under a volume, each once: one for all frames of a multi-frame object. */
export function instancesOf({ images }: Source): InstanceReference[] {
  return [...new Map(images.slices.map(({ reference }) => [reference.sopInstanceUid, reference])).values()];
}

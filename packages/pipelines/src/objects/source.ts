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

/** Reads the headers under a volume again: single-frame series, or frames of one or several multi-frame instances. */
export function sourceOf(grid: Grid, planes: readonly PlaneSource[]): Source {
  const byPath = new Map(planes.map(({ path }) => [path, undefined as Dataset | undefined]));
  for (const path of byPath.keys()) byPath.set(path, readFileHeader(path).dataset);
  const headers = planes.map(({ path }) => byPath.get(path)!);
  const frames = planes.map(({ frameNumber }) => frameNumber);
  if (byPath.size === 1 && planes.length > 1)
    return { images: multiFrameSource(grid, headers[0]!, frames), headers: [headers[0]!] };
  const images = sourceImages(grid, headers);
  if (!headers.some((header) => (header.number('NumberOfFrames') ?? 1) > 1)) return { images, headers };
  const slices = images.slices.map((slice, k) => ({ ...slice, frame: frames[k]! }));
  return { images: { ...images, slices }, headers };
}

/** The instances under a volume, each once: one for all frames of a multi-frame object. */
export function instancesOf({ images }: Source): InstanceReference[] {
  return [...new Map(images.slices.map(({ reference }) => [reference.sopInstanceUid, reference])).values()];
}

import { type DerivedSeriesInput, deriveInstances } from '@photopeak/dicom';
import type { Grid } from '@photopeak/imaging';
import { type Finished, finish } from './finish.ts';
import type { Source } from './source.ts';

/** An image as it was stored, plane for plane. */
export interface StoredImage {
  readonly source: Source;
  readonly grid: Grid;
  /** The 1-based frame under each plane. */
  readonly frames: readonly number[];
}

/**
 * The instances of a series derived from an image as files `FOLDER/0001.dcm`, …: one is encoded before the next is
 * built.
 */
export function* derivedFiles(
  output: string,
  folder: string,
  { source: { headers }, grid, frames }: StoredImage,
  derived: Omit<DerivedSeriesInput, 'source'>,
): Generator<Finished, void, undefined> {
  const isMultiFrame = headers.length === 1 && frames.length > 1;
  const source = { grid, headers, ...(isMultiFrame ? { frames } : {}) };
  let number = 0;
  for (const dataset of deriveInstances({ ...derived, source })) {
    const header = headers[Math.min(number, headers.length - 1)]!;
    number += 1;
    yield finish(output, `${folder}/${String(number).padStart(4, '0')}.dcm`, dataset, header);
  }
}

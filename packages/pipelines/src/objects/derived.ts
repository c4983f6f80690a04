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
  const source = { grid, headers, frames };
  const first = (derived.firstNumber ?? 1) - 1;
  let number = first;
  for (const dataset of deriveInstances({ ...derived, source })) {
    const header = headers[Math.min(number - first, headers.length - 1)]!;
    number += 1;
    yield finish(output, `${folder}/${String(number).padStart(4, '0')}.dcm`, dataset, header);
  }
}

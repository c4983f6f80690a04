import { DimseError } from '../errors.ts';
import type { DataSetStream } from './data-set-stream.ts';

/** Identifiers and attribute lists are kilobytes; a procedure step or work item with many references is a few MB. */
export const MAX_IDENTIFIER_BYTES = 16 * 1024 * 1024;

/** A data set that belongs into memory as a whole. Longer ones are let by and refused: DIMSE_DATA_SET_INVALID. */
export async function collect(dataSet: DataSetStream | undefined): Promise<Buffer | undefined> {
  if (dataSet === undefined) return undefined;
  const all: Uint8Array[] = [];
  let size = 0;
  for await (const pieces of dataSet) {
    for (const piece of pieces) size += piece.length;
    if (size <= MAX_IDENTIFIER_BYTES) all.push(...pieces);
    else {
      await dataSet.discard();
      throw new DimseError(
        'DIMSE_DATA_SET_INVALID',
        'The data set of the peer is too large for its purpose.',
        {
          expected: `at most ${MAX_IDENTIFIER_BYTES} bytes`,
        },
      );
    }
  }
  return Buffer.concat(all);
}

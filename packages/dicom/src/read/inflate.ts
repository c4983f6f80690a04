import { inflateRawSync, inflateSync } from 'node:zlib';
import { dicomError } from '../errors/index.ts';
import { MAX_INFLATED_BYTES, type ReadLimits } from './limits.ts';

/** Inflates the data set of Deflated Explicit VR Little Endian (PS3.5 annex A.5); a zlib header is tolerated. */
export function inflateDataset(bytes: Uint8Array, limits: ReadLimits): Uint8Array {
  const options = {
    maxOutputLength: Math.min(limits.maxBytes, Math.max(MAX_INFLATED_BYTES, bytes.length * 2)),
  };
  try {
    return inflateRawSync(bytes, options);
  } catch (error) {
    if (isOutputLimit(error)) throw tooLarge(options.maxOutputLength, error);
    try {
      return inflateSync(bytes, options);
    } catch (second) {
      if (isOutputLimit(second)) throw tooLarge(options.maxOutputLength, second);
      const cut = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
      throw dicomError(
        cut ? 'DICOM_TRUNCATED' : 'DICOM_MALFORMED',
        'The deflated data set cannot be inflated',
        { where: 'the data set after the file meta information', cause: error },
      );
    }
  }
}

function isOutputLimit(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function tooLarge(limit: number, cause: unknown): Error {
  return dicomError('DICOM_TOO_LARGE', 'The deflated data set inflates beyond the limit', {
    expected: `at most ${limit} bytes`,
    where: 'the data set after the file meta information',
    cause,
  });
}

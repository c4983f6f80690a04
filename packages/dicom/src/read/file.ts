import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PhotopeakError } from '@photopeak/imaging';
import { dicomError } from '../errors/index.ts';
import { defaultReadLimits } from './limits.ts';
import { type ParsedFile, type ParseOptions, parsePart10 } from './part10.ts';

/** Header of a file on disk: everything before the pixel data. */
export interface HeaderFile extends ParsedFile {
  readonly path: string;
  readonly fileBytes: number;
}

/** Most headers of single-frame images are below 16 KB; a second read costs more than these bytes. */
const FIRST_PREFIX = 32 * 1024;
const PREFIX_GROWTH = 8;

const prefix = Buffer.allocUnsafeSlow(FIRST_PREFIX);

/**
 * Reads the header of a DICOM file from as short a prefix as will do. The result holds a copy of the header bytes
 * only, so that thousands of headers stay small in memory.
 *
 * @throws PhotopeakError as `parsePart10`, with the file in `where`, and DICOM_FILE_UNREADABLE.
 */
export function readFileHeader(path: string, options: ParseOptions = {}): HeaderFile {
  return inFile(path, (descriptor, fileBytes) => {
    let wanted = Math.min(FIRST_PREFIX, fileBytes);
    let buffer: Buffer = prefix;
    for (;;) {
      if (wanted > buffer.length) buffer = Buffer.allocUnsafeSlow(wanted);
      const bytes = buffer.subarray(0, readUpTo(descriptor, buffer, wanted));
      try {
        const parsed = parsePart10(bytes, { ...options, stopBeforePixelData: true, copy: true });
        return { ...parsed, path, fileBytes };
      } catch (error) {
        const more =
          error instanceof PhotopeakError && error.code === 'DICOM_TRUNCATED' && wanted < fileBytes;
        if (!more) throw error;
        wanted = Math.min(wanted * PREFIX_GROWTH, fileBytes);
      }
    }
  });
}

/** Reads a whole file. @throws as `readFileHeader`. */
export function readFilePart10(path: string, options: ParseOptions = {}): HeaderFile {
  return inFile(path, (descriptor, fileBytes) => {
    const limit = options.limits?.maxBytes ?? defaultReadLimits.maxBytes;
    if (fileBytes > limit) {
      throw dicomError('DICOM_TOO_LARGE', 'The file is larger than the limit', {
        expected: `at most ${limit} bytes`,
        found: `${fileBytes} bytes`,
      });
    }
    const buffer = Buffer.allocUnsafeSlow(fileBytes);
    const bytes = buffer.subarray(0, readUpTo(descriptor, buffer, fileBytes));
    return { ...parsePart10(bytes, options), path, fileBytes };
  });
}

const READ_AT_ONCE = 0x40000000;

function readUpTo(descriptor: number, buffer: Buffer, wanted: number): number {
  let filled = 0;
  while (filled < wanted) {
    const count = readSync(descriptor, buffer, filled, Math.min(READ_AT_ONCE, wanted - filled), filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

function inFile<T>(path: string, use: (descriptor: number, fileBytes: number) => T): T {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    return use(descriptor, fstatSync(descriptor).size);
  } catch (error) {
    if (error instanceof PhotopeakError) throw withFile(error, path);
    throw dicomError('DICOM_FILE_UNREADABLE', 'The file cannot be read', { where: path, cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function withFile(error: PhotopeakError, path: string): PhotopeakError {
  const { code, expected, found, where, remedy } = error;
  return new PhotopeakError(error.message, {
    code,
    where: where === undefined ? path : `${path}: ${where}`,
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    ...(remedy === undefined ? {} : { remedy }),
    cause: error.cause,
  });
}

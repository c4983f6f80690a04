import { closeSync, openSync, readSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PhotopeakError } from '@photopeak/imaging';
import { UID } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import { type HeaderFile, readFileHeader, readFilePart10 } from '../read/index.ts';
import { type Instance, instanceFromHeader } from './instance.ts';

/** A file that was not taken, and why. */
export interface ScanProblem {
  readonly path: string;
  /** `DICOM_NOT_DICOM`, `DICOM_TRUNCATED`, …; see docs/errors.md. */
  readonly code: string;
  readonly message: string;
}

export interface ScanResult {
  /** In the order of their paths. */
  readonly instances: readonly Instance[];
  readonly problems: readonly ScanProblem[];
}

export interface ScanOptions {
  /** Called now and then with the number of files looked at. */
  readonly onProgress?: (files: number) => void;
  readonly signal?: AbortSignal;
}

/** Folders nest, and links may make circles: links to folders are not followed, and depth is bounded. */
const MAX_FOLDER_DEPTH = 32;
/** The event loop gets a turn after so many files. */
const FILES_PER_TURN = 32;

async function filesBelow(folder: string, depth: number, into: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth < MAX_FOLDER_DEPTH) await filesBelow(full, depth + 1, into);
    } else if (entry.isFile() || entry.isSymbolicLink()) {
      into.push(full);
    }
  }
}

/**
 * Reads the headers of all DICOM files below a folder, or of one file. Files that are not DICOM, cut short, or copies become problems;
 * nothing is skipped without one. @throws DICOM_FOLDER_UNREADABLE.
 */
export async function scanFolder(folder: string, options: ScanOptions = {}): Promise<ScanResult> {
  const files: string[] = [];
  try {
    if ((await stat(folder)).isFile()) files.push(folder);
    else await filesBelow(folder, 0, files);
  } catch (cause) {
    throw dicomError('DICOM_FOLDER_UNREADABLE', 'The folder cannot be read', {
      expected: 'a folder that is there and may be read',
      found: cause instanceof Error && 'code' in cause ? String(cause.code) : 'an unknown error',
      where: folder,
      cause,
    });
  }
  const instances: Instance[] = [];
  const problems: ScanProblem[] = [];
  const seen = new Map<string, string>();
  for (const [index, file] of files.entries()) {
    if (index % FILES_PER_TURN === 0) {
      options.onProgress?.(index);
      options.signal?.throwIfAborted();
      await nextTurn();
    }
    try {
      const instance = readInstance(file);
      const first = seen.get(instance.sopInstanceUid);
      if (first !== undefined) {
        problems.push({
          path: file,
          code: 'DICOM_DUPLICATE_INSTANCE',
          message: `The same SOP Instance UID as ${first}; this copy is not used`,
        });
        continue;
      }
      seen.set(instance.sopInstanceUid, file);
      instances.push(instance);
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      problems.push({ path: file, code: error.code, message: error.message });
    }
  }
  options.onProgress?.(files.length);
  return { instances, problems };
}

function readInstance(file: string): Instance {
  const header = readFileHeader(file);
  const sopClass = header.dataset.text('SOPClassUID') ?? header.meta.text('MediaStorageSOPClassUID');
  if (sopClass === UID.MediaStorageDirectoryStorage) {
    throw dicomError('DICOM_DICOMDIR', 'The file is a DICOMDIR', { where: file });
  }
  checkComplete(header);
  const instance = instanceFromHeader(header);
  if (instance === undefined) {
    throw dicomError('DICOM_MISSING_ATTRIBUTE', 'SOP Class, SOP Instance or Series Instance UID is absent', {
      where: file,
    });
  }
  return instance;
}

const SEQUENCE_END_BYTES = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);

/**
 * The header says nothing about whether the pixel data is there to its end: uncompressed data is measured, compressed
 * data must end with its delimiter, else the file is walked.
 */
function checkComplete(header: HeaderFile): void {
  const { fileBytes, end, path: file, dataset } = header;
  if (header.transferSyntaxUid === UID.DeflatedExplicitVRLittleEndian || end >= fileBytes) return;
  const tail = readTail(file, fileBytes);
  if (tail.equals(SEQUENCE_END_BYTES)) return;
  const bits =
    (dataset.number('Rows') ?? 0) *
    (dataset.number('Columns') ?? 0) *
    (dataset.number('SamplesPerPixel') ?? 1) *
    (dataset.number('BitsAllocated') ?? 0) *
    (dataset.number('NumberOfFrames') ?? 1);
  const native = nativeSyntaxes.has(header.transferSyntaxUid);
  if (native && bits > 0 && fileBytes - end >= Math.ceil(bits / 8)) return;
  // Rare: trailing bytes after compressed data, 4:2:2 samples, or a file that is cut. Walking it tells.
  readFilePart10(file);
}

const nativeSyntaxes: ReadonlySet<string> = new Set([
  UID.ImplicitVRLittleEndian,
  UID.ExplicitVRLittleEndian,
  UID.ExplicitVRBigEndian,
]);

function readTail(file: string, fileBytes: number): Buffer {
  const tail = Buffer.alloc(SEQUENCE_END_BYTES.length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, tail, 0, tail.length, Math.max(0, fileBytes - tail.length));
  } finally {
    closeSync(descriptor);
  }
  return tail;
}

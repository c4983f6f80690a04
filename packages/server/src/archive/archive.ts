import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Configuration } from '../config/index.ts';
import { type BlobStore, openBlobStore } from './blob-store.ts';
import { createWriterThreads } from './writer-threads.ts';

/** The folders of a node's data. Only `archive` is the truth; everything else can be made again or is evidence. */
export interface Archive {
  readonly dataFolder: string;
  /** DICOM instances: originals and results. */
  readonly instances: BlobStore;
  /** Other files that runs made (JSON, HTML, PNG, NIfTI). */
  readonly artifacts: BlobStore;
  /** Second data sets under a UID that was taken. */
  readonly quarantine: BlobStore;
  /** Folder of intermediate data of a run. */
  stepFolder(runId: string): string;
  /** Volumes prepared for display; may be removed at any time. */
  readonly cacheFolder: string;
}

const MEGABYTE = 1024 * 1024;

export async function openArchive(
  dataFolder: string,
  settings: Pick<Configuration['archive'], 'reserveMegabytes' | 'maximumInstanceMegabytes'>,
): Promise<Archive> {
  const limits = {
    maximumBytes: settings.maximumInstanceMegabytes * MEGABYTE,
    reserveBytes: settings.reserveMegabytes * MEGABYTE,
  };
  const threads = createWriterThreads();
  const cacheFolder = path.join(dataFolder, 'cache');
  await mkdir(cacheFolder, { recursive: true, mode: 0o750 });
  return {
    dataFolder,
    instances: await openBlobStore(path.join(dataFolder, 'archive'), limits, threads),
    artifacts: await openBlobStore(path.join(dataFolder, 'artifacts'), limits, threads),
    quarantine: await openBlobStore(path.join(dataFolder, 'quarantine'), limits, threads),
    stepFolder: (runId) => path.join(dataFolder, 'steps', runId),
    cacheFolder,
  };
}

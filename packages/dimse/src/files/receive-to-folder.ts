import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { STATUS } from '../message/status.ts';
import type { StoreAnswer, StoreReceiver, StoreRequest } from '../services/storage.ts';
import { skipBytes } from './skip-bytes.ts';

export interface FolderOptions {
  /** Called when an instance lies under its final name. */
  readonly onStored?: (file: string, request: StoreRequest) => void;
}

/**
 * A receiver that keeps each instance as `<SOP instance UID>.dcm` in a folder: written to a temporary file, synced,
 * renamed, the folder synced, and only then answered with success. What the peer does not bring to its end leaves
 * nothing behind. A later instance with the same UID replaces the earlier one; an archive would do otherwise.
 */
export async function receiveToFolder(folder: string, options: FolderOptions = {}): Promise<StoreReceiver> {
  const incoming = path.join(folder, '.incoming');
  await mkdir(incoming, { recursive: true });
  return { store: (request) => storeToFolder(folder, incoming, request, options) };
}

async function storeToFolder(
  folder: string,
  incoming: string,
  request: StoreRequest,
  options: FolderOptions,
): Promise<StoreAnswer> {
  const temporary = path.join(incoming, randomUUID());
  const final = path.join(folder, `${request.sopInstanceUid}.dcm`);
  try {
    await using file = await open(temporary, 'wx');
    let head: readonly Uint8Array[] = [request.fileMeta];
    for await (const pieces of request.dataSet) {
      await writeAll(file, [...head, ...pieces]);
      request.release(pieces);
      head = [];
    }
    await file.datasync();
    await rename(temporary, final);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    if (isOutOfSpace(error)) return { status: STATUS.outOfResources, comment: 'Out of disk space' };
    throw error;
  }
  options.onStored?.(final, request);
  return { status: STATUS.success };
}

/** A file system that is nearly full takes less than it is given, and fails at the next attempt. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let rest = pieces;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest);
    rest = skipBytes(rest, bytesWritten);
  }
}

/** Makes a rename in the folder durable. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

function isOutOfSpace(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { parentPort } from 'node:worker_threads';
import { blobPath, type WriterAnswer, type WriterMessage, type WriterStep } from './writer-protocol.ts';

/**
 * Writes files for a blob store: hashing and system calls, in order, each waited for here. One message in and one
 * out per instance cost far less than eight calls through the event loop, and a disk that stalls holds up this
 * thread and not the sockets. Imports next to nothing, so that it starts at once.
 */

interface OpenFile {
  readonly descriptor: number;
  readonly digest: Hash;
}

const open = new Map<string, OpenFile>();

const slabs = new Map<number, Uint8Array>();

parentPort!.on('message', (message: WriterMessage) => {
  if (message.kind === 'slab') slabs.set(message.slab.id, message.slab.bytes);
  else if (message.kind === 'forget') slabs.delete(message.slab);
  else parentPort!.postMessage(perform(message.id, message.step));
});

function perform(id: number, step: WriterStep): WriterAnswer {
  try {
    if (step.kind === 'discard') {
      discard(step.file);
      return { id, ok: true };
    }
    const { file, space, keepIn } = step;
    const bytes = slabs.get(step.slab)!.subarray(0, step.byteLength);
    const freeBytes = space === undefined ? undefined : lacking(space, bytes.byteLength);
    if (freeBytes !== undefined) {
      discard(file);
      return { id, ok: false, failure: { message: 'the reserve would be touched', freeBytes } };
    }
    if (step.isFirst) create(file);
    append(file, bytes);
    if (keepIn !== undefined) keep(id, file, keepIn);
    return { id, ok: true };
  } catch (error) {
    discard(step.file);
    const { message, code } = error as NodeJS.ErrnoException;
    return { id, ok: false, failure: { message, code } };
  }
}

/** The free space, where it is not enough. */
function lacking(
  space: { readonly folder: string; readonly reserveBytes: number },
  more: number,
): number | undefined {
  const { bavail, bsize } = statfsSync(space.folder);
  return bavail * bsize - more < space.reserveBytes ? bavail * bsize : undefined;
}

function create(file: string): void {
  const descriptor = openSync(file, 'wx', 0o640);
  open.set(file, { descriptor, digest: createHash('sha256') });
}

function opened(file: string): OpenFile {
  const found = open.get(file);
  if (found === undefined) throw new Error('the file was given up');
  return found;
}

function append(file: string, bytes: Uint8Array): void {
  const { descriptor, digest } = opened(file);
  // A file system that is nearly full takes less than it is given, and fails at the next attempt.
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(descriptor, bytes, at, bytes.byteLength - at);
  digest.update(bytes);
}

/**
 * The name comes first, so that others can go on with the file while the disk takes it; then the bytes, which brings the
 * name along on file systems with a journal, and the folder, for those without. A power cut in between may leave a file
 * whose bytes are not those of its name: nobody has been told of success, the sender's next attempt puts it right, and
 * the start after it looks (operations/archive-care).
 */
function keep(id: number, file: string, folder: string): void {
  const { descriptor, digest } = opened(file);
  const sha256 = digest.digest('hex');
  const target = blobPath(folder, sha256);
  try {
    renameSync(file, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Backup programs may leave out empty folders.
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o750 });
    syncFolder(folder);
    renameSync(file, target);
  }
  parentPort!.postMessage({ id, named: sha256 } satisfies WriterAnswer);
  fsyncSync(descriptor);
  if (!bringsNameAlong(folder)) syncFolder(path.dirname(target));
  open.delete(file);
  closeSync(descriptor);
}

/** Of ext2 to ext4 and of XFS, statfs(2). */
const JOURNALED = new Set([0xef53, 0x58465342]);
const withJournal = new Map<string, boolean>();

/**
 * Whether syncing a file that was renamed makes the new name durable too. Renaming changes the file's inode in the same
 * transaction of the journal as the folder, and syncing the inode commits that transaction: there a second wait for the
 * disk would change nothing. (ext2, which shares its number with ext4, has had no driver of its own in use for long.)
 */
function bringsNameAlong(folder: string): boolean {
  let known = withJournal.get(folder);
  if (known === undefined) {
    known = JOURNALED.has(statfsSync(folder).type);
    withJournal.set(folder, known);
  }
  return known;
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Never fails: what cannot be removed now is swept at the next start. */
function discard(file: string): void {
  const descriptor = open.get(file)?.descriptor;
  open.delete(file);
  try {
    if (descriptor !== undefined) closeSync(descriptor);
    rmSync(file, { force: true });
  } catch {
    // swept at the next start
  }
}

import { link, lstat, mkdir, open, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { IntakeRefusal, type IntakeSession, type IntakeSink } from '../sink.ts';
import { filesBelow, type SeenFile, StableFiles, sameState } from './stable-files.ts';

export interface FolderIntakeOptions {
  readonly sink: IntakeSink;
  readonly folder: string;
  /** `keep` moves a file that was taken to `taken/`; `remove` deletes it. Nothing else is ever deleted. */
  readonly afterwards: 'keep' | 'remove';
  /** How often the folder is looked through. Looking works on network shares too, where notifications do not. */
  readonly everyMs?: number;
  /** How long a file must not have changed before it is read. */
  readonly stableMs?: number;
  readonly onEvent?: (event: FolderEvent) => void;
}

export type FolderEvent =
  | { readonly kind: 'taken'; readonly file: string; readonly outcome: 'stored' | 'duplicate' | 'conflict' }
  | { readonly kind: 'rejected'; readonly file: string; readonly error: IntakeRefusal }
  /** Stays where it is and is tried again. */
  | { readonly kind: 'postponed'; readonly file: string; readonly error: unknown }
  /** The folder could not be looked through; tried again. */
  | { readonly kind: 'problem'; readonly folder: string; readonly error: unknown };

export interface FolderIntake {
  /** Ends after the file that is being read. */
  stop(): Promise<void>;
}

export const TAKEN = 'taken';
export const REJECTED = 'rejected';

const DEFAULT_EVERY_MS = 2000;
const DEFAULT_STABLE_MS = 5000;
const READ_BYTES = 1024 * 1024;

/** Refusals that the same bytes will always get. */
const FINAL_REASONS: ReadonlySet<string> = new Set(['unreadable', 'mismatch', 'not-accepted']);

/**
 * Watches a folder. What comes to rest in it goes through the intake; a file that is no instance is moved to
 * `rejected/` with a text beside it that says why; a file that cannot be stored now stays and is tried again. All
 * files that were there together make one session, which ends when nothing is left.
 */
export async function startFolderIntake(options: FolderIntakeOptions): Promise<FolderIntake> {
  await mkdir(options.folder, { recursive: true });
  const watch = new FolderWatch(options);
  return { stop: () => watch.stop() };
}

class FolderWatch {
  readonly #options: FolderIntakeOptions;
  readonly #stable: StableFiles;
  /** Taken, but the file could not be moved away (a read-only share): not read again while it does not change. */
  readonly #stuck = new Map<string, SeenFile>();
  readonly #running: Promise<void>;
  readonly #stopping = Promise.withResolvers<void>();
  #isStopped = false;
  #session: IntakeSession | undefined;

  constructor(options: FolderIntakeOptions) {
    this.#options = options;
    this.#stable = new StableFiles(options.stableMs ?? DEFAULT_STABLE_MS);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopping.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { folder, everyMs = DEFAULT_EVERY_MS, onEvent } = this.#options;
    while (!this.#isStopped) {
      try {
        await this.#pass();
      } catch (error) {
        onEvent?.({ kind: 'problem', folder, error });
      }
      await this.#pause(everyMs);
    }
    await this.#session?.close('aborted');
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([over, this.#stopping.promise]);
    clearTimeout(timer);
  }

  async #pass(): Promise<void> {
    const present: SeenFile[] = [];
    for await (const file of filesBelow(this.#options.folder, new Set([TAKEN, REJECTED]))) {
      const stuck = this.#stuck.get(file.path);
      if (stuck === undefined || !sameState(stuck, file)) present.push(file);
    }
    const ready = this.#stable.atRest(present, performance.now());
    let left = present.length;
    for (const file of ready.sort((a, b) => (a.relative < b.relative ? -1 : 1))) {
      if (this.#isStopped) return;
      if (await this.#take(file)) left -= 1;
    }
    if (left > 0 || this.#session === undefined) return;
    const session = this.#session;
    this.#session = undefined;
    await session.close('complete');
  }

  /** Returns whether the file is dealt with. */
  async #take(file: SeenFile): Promise<boolean> {
    const { sink, folder, onEvent } = this.#options;
    this.#session ??= sink.open({ kind: 'folder', folder });
    try {
      const outcome = await readInto(this.#session, file);
      if (outcome === undefined) return false;
      onEvent?.({ kind: 'taken', file: file.relative, outcome });
      await this.#putAway(file);
      return true;
    } catch (error) {
      if (error instanceof IntakeRefusal && FINAL_REASONS.has(error.reason)) {
        return this.#reject(file, error);
      }
      onEvent?.({ kind: 'postponed', file: file.relative, error });
      return false;
    }
  }

  async #putAway(file: SeenFile): Promise<void> {
    const { afterwards, folder, onEvent } = this.#options;
    try {
      if (afterwards === 'remove') await unlink(file.path);
      else await moveTo(path.join(folder, TAKEN), file);
    } catch (error) {
      this.#stuck.set(file.path, file);
      onEvent?.({ kind: 'problem', folder, error });
    }
  }

  async #reject(file: SeenFile, error: IntakeRefusal): Promise<boolean> {
    const { folder, onEvent } = this.#options;
    onEvent?.({ kind: 'rejected', file: file.relative, error });
    try {
      const target = await moveTo(path.join(folder, REJECTED), file);
      await writeFile(`${target}.reason.txt`, `${error.describe()}\n`);
    } catch (problem) {
      this.#stuck.set(file.path, file);
      onEvent?.({ kind: 'problem', folder, error: problem });
    }
    return true;
  }
}

/** Undefined where the file changed while it was read: it was not at rest after all. */
async function readInto(
  session: IntakeSession,
  seen: SeenFile,
): Promise<'stored' | 'duplicate' | 'conflict' | undefined> {
  await using handle = await open(seen.path, 'r');
  const file = await session.begin();
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, null);
      if (bytesRead === 0) break;
      await file.write([buffer.subarray(0, bytesRead)]);
    }
    const after = await stat(seen.path);
    if (after.size !== seen.size || after.mtimeMs !== seen.modifiedMs) {
      await file.abort();
      return undefined;
    }
    return (await file.commit()).status;
  } catch (error) {
    await file.abort();
    throw error;
  }
}

/** Moves without ever replacing a file of the same name: `name`, `name.1`, `name.2`, … Returns where it went. */
async function moveTo(folder: string, file: SeenFile): Promise<string> {
  const wanted = path.join(folder, file.relative);
  await mkdir(path.dirname(wanted), { recursive: true });
  for (let copy = 0; ; copy += 1) {
    const target = copy === 0 ? wanted : `${wanted}.${copy}`;
    if (await moveIfFree(file.path, target)) return target;
  }
}

/** A link fails where the name is taken; where the file system has no links, the name is looked at first. */
async function moveIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    await rm(from);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
  }
  if ((await lstat(to).catch(() => undefined)) !== undefined) return false;
  await rename(from, to);
  return true;
}

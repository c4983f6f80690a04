import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Names the folder that one run of the tests has for itself; `run-folder.ts` makes and removes it. */
export const RUN_FOLDER = 'PHOTOPEAK_TEST_RUN_FOLDER';

/** Longer than anything here takes on a busy machine: whoever began must have died. */
const STALE_MS = 110_000;

/**
 * A folder that several test files of a run read and the first one makes: dear things that are the same for all of
 * them. Nobody may change what lies in it. A maker that fails leaves the work to the next one.
 * @returns its path; undefined outside a run of the tests.
 */
export async function madeOnce(
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string | undefined> {
  const run = process.env[RUN_FOLDER];
  if (run === undefined) return undefined;
  const made = path.join(run, name);
  const lock = `${made}.lock`;
  for (;;) {
    if (existsSync(made)) return made;
    if (await take(lock)) break;
    await pause(50);
  }
  try {
    if (existsSync(made)) return made;
    const fresh = `${made}.${process.pid}`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true, mode: 0o755 });
    await make(fresh);
    await rename(fresh, made);
    return made;
  } finally {
    await rmdir(lock);
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch {
    const since = (await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - since > STALE_MS) await rmdir(lock).catch(() => undefined);
    return false;
  }
}

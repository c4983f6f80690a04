import { readdir, rename, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from './durable.ts';

const TWO_DIGITS = /^[0-9a-f]{2}$/;

/**
 * Earlier versions kept files in two levels of folders (`ab/cd/<hash>`). They are moved up once; a process that is
 * killed in the middle goes on at its next start, and two that do it at the same time do not disturb each other.
 */
export async function adoptOldLayout(folder: string): Promise<void> {
  for (const first of (await readdir(folder)).filter((name) => TWO_DIGITS.test(name))) {
    const parent = path.join(folder, first);
    const seconds = (await readdir(parent)).filter((name) => TWO_DIGITS.test(name));
    for (const second of seconds) {
      const old = path.join(parent, second);
      for (const name of await readdir(old).catch(() => [])) {
        await rename(path.join(old, name), path.join(parent, name)).catch(ignoreMissing);
      }
      await syncFolder(parent);
      await rmdir(old).catch(ignoreMissing);
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

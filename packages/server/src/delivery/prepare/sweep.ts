import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** A batch is sent in minutes; another process that shares the folder may be sending now. */
const ABANDONED_MS = 3_600_000;

/** Removes the copies that killed processes left: they would be sent from the archive again anyway. */
export async function sweepCopies(folder: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const batch = path.join(folder, name);
    const made = await stat(batch).catch(() => undefined);
    if (made !== undefined && now - made.mtimeMs > ABANDONED_MS)
      await rm(batch, { recursive: true, force: true });
  }
}

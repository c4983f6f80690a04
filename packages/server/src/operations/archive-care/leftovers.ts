import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Archive } from '../../archive/index.ts';

/** No transfer lasts this long without writing; an older temporary file belongs to a process that was killed. */
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Removes temporary files that killed processes left. By age, because another node may be writing into the same
 * archive at this moment.
 * @returns how many were removed
 */
export async function removeLeftovers(archive: Archive, nowMs: number): Promise<number> {
  let removed = 0;
  for (const store of [archive.instances, archive.artifacts, archive.quarantine]) {
    const folder = path.join(store.folder, 'incoming');
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found === undefined || nowMs - found.mtimeMs < ABANDONED_MS) continue;
      await rm(file, { force: true });
      removed += 1;
    }
  }
  return removed;
}

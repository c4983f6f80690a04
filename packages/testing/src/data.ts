import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
const folder = process.env.PHOTOPEAK_DATA ?? path.join(repositoryRoot, '..', 'shared', 'data');

/** A path below the folder of real studies (`PHOTOPEAK_DATA`, default `../shared/data`). */
export function dataFile(...parts: string[]): string {
  return path.join(folder, ...parts);
}

/** A suite over real data: skipped, by name, where the data is absent. */
export function describeWithData(name: string, suite: () => void): void {
  const present = existsSync(folder);
  describe.skipIf(!present)(present ? name : `${name} (skipped: no data folder, set PHOTOPEAK_DATA)`, suite);
}

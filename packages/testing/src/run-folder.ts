import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { RUN_FOLDER } from './made-once.ts';

/** vitest's `globalSetup`: one folder for what the files of this run share (`madeOnce`). */
export default async function setUp(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-run-'));
  await chmod(folder, 0o755); // as root the database runs under another account, which has to enter
  process.env[RUN_FOLDER] = folder;
  return () => rm(folder, { recursive: true, force: true });
}

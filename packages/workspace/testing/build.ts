import { mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const lock = path.join(root, 'node_modules', '.building');
const STALE_MS = 120_000;

async function newest(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const times = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map(async (entry) => (await stat(path.join(entry.parentPath, entry.name))).mtimeMs);
  return Math.max(...(await Promise.all(times)));
}

async function isFresh(): Promise<boolean> {
  try {
    const built = (await stat(path.join(root, 'dist', 'index.html'))).mtimeMs;
    const sources = [path.join(root, 'src'), path.join(root, 'public')].map(newest);
    const single = ['index.html', 'vite.config.ts', 'package.json'].map(
      async (file) => (await stat(path.join(root, file))).mtimeMs,
    );
    return built > Math.max(...(await Promise.all([...sources, ...single])));
  } catch {
    return false;
  }
}

/** Builds the pages once for all test files that run beside each other. Returns the folder. */
export async function buildPages(): Promise<string> {
  const dist = path.join(root, 'dist');
  await mkdir(path.dirname(lock), { recursive: true });
  for (;;) {
    if (await isFresh()) return dist;
    try {
      await mkdir(lock);
      break;
    } catch {
      const age = Date.now() - (await stat(lock).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
      if (age > STALE_MS) await rmdir(lock).catch(() => undefined);
      await wait(250);
    }
  }
  try {
    await build({ configFile: path.join(root, 'vite.config.ts'), logLevel: 'error' });
  } finally {
    await rmdir(lock);
  }
  return dist;
}

import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../../archive/durable.ts';

/** Volumes ready to be sent, by key: a JSON file and the bytes it describes. May be removed at any time. */
export interface VolumeCache {
  get<T>(
    key: string,
    build: () => Promise<Prepared<T>>,
  ): Promise<{ readonly description: T; readonly folder: string }>;
}

export interface Prepared<T> {
  readonly description: (etags: Readonly<Record<string, string>>) => T;
  /** Files by name. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

const CHUNK = 8 * 1024 * 1024;

/** At most one volume is built at a time: each may take a gigabyte. Requests for the same one wait for it together. */
export function createVolumeCache(folder: string, largestBytes: number): VolumeCache {
  const building = new Map<string, Promise<unknown>>();
  let queue: Promise<unknown> = Promise.resolve();

  async function make<T>(key: string, build: () => Promise<Prepared<T>>): Promise<T> {
    const target = path.join(folder, key);
    const temporary = `${target}.tmp`;
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true, mode: 0o750 });
    const prepared = await build();
    const etags: Record<string, string> = {};
    for (const [name, bytes] of Object.entries(prepared.files)) {
      const digest = createHash('sha256');
      const handle = await open(path.join(temporary, name), 'w', 0o640);
      try {
        for (let at = 0; at < bytes.byteLength; at += CHUNK) {
          // A copy: voxels may lie in shared memory, which the file system does not take.
          const chunk = bytes.slice(at, Math.min(bytes.byteLength, at + CHUNK));
          digest.update(chunk);
          await handle.writeFile(chunk);
        }
      } finally {
        await handle.close();
      }
      etags[name] = digest.digest('hex');
    }
    const description = prepared.description(etags);
    await writeDurably(path.join(temporary, 'description.json'), Buffer.from(JSON.stringify(description)));
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
    await trim();
    return description;
  }

  async function read<T>(key: string): Promise<T | undefined> {
    const file = path.join(folder, key, 'description.json');
    try {
      const description = JSON.parse(await readFile(file, 'utf8')) as T;
      const now = new Date();
      await utimes(file, now, now);
      return description;
    } catch {
      return undefined;
    }
  }

  /** Forgets what was not asked for longest, until the rest fits. */
  async function trim(): Promise<void> {
    const entries: { key: string; used: number; bytes: number }[] = [];
    for (const key of await readdir(folder)) {
      const used = await stat(path.join(folder, key, 'description.json')).catch(() => undefined);
      if (used === undefined) continue;
      let bytes = 0;
      for (const name of await readdir(path.join(folder, key)))
        bytes += (await stat(path.join(folder, key, name))).size;
      entries.push({ key, used: used.mtimeMs, bytes });
    }
    entries.sort((a, b) => b.used - a.used);
    let total = 0;
    for (const [index, entry] of entries.entries()) {
      total += entry.bytes;
      if (total > largestBytes && index > 0)
        await rm(path.join(folder, entry.key), { recursive: true, force: true });
    }
  }

  return {
    async get<T>(key: string, build: () => Promise<Prepared<T>>) {
      const at = path.join(folder, key);
      const present = await read<T>(key);
      if (present !== undefined) return { description: present, folder: at };
      let running = building.get(key) as Promise<T> | undefined;
      if (running === undefined) {
        running = queue.then(() => make(key, build));
        queue = running.catch(() => undefined);
        building.set(key, running);
        running.finally(() => building.delete(key)).catch(() => undefined);
      }
      return { description: await running, folder: at };
    },
  };
}

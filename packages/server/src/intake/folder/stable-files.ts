import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';

/** A file in a watched folder, as it was last seen. */
export interface SeenFile {
  readonly path: string;
  /** Below the watched folder. */
  readonly relative: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Names that programs give to files which they have not finished. */
const UNFINISHED = /\.(tmp|temp|part|partial|filepart|crdownload|incomplete)$/i;

/** Deeper folders are not looked into: no export of the field nests like that. */
const MAX_DEPTH = 32;

/** Everything below a folder that could be an instance: no hidden names, no links, nothing unfinished by its name. */
export async function* filesBelow(
  folder: string,
  skip: ReadonlySet<string>,
  relative = '',
  depth = 0,
): AsyncGenerator<SeenFile> {
  for await (const entry of await opendir(path.join(folder, relative))) {
    const below = path.join(relative, entry.name);
    if (entry.name.startsWith('.') || skip.has(below)) continue;
    if (entry.isDirectory()) {
      if (depth < MAX_DEPTH) yield* filesBelow(folder, skip, below, depth + 1);
      continue;
    }
    if (!entry.isFile() || UNFINISHED.test(entry.name)) continue;
    const file = path.join(folder, below);
    const found = await lstat(file).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    yield { path: file, relative: below, size: found.size, modifiedMs: found.mtimeMs };
  }
}

export const sameState = (a: SeenFile, b: SeenFile) => a.size === b.size && a.modifiedMs === b.modifiedMs;

/** Tells files that are still being written from those that have come to rest. */
export class StableFiles {
  readonly #stableMs: number;
  #seen = new Map<string, { readonly file: SeenFile; readonly sinceMs: number }>();

  /** A file is at rest when size and time of change have not changed for `stableMs`. */
  constructor(stableMs: number) {
    this.#stableMs = stableMs;
  }

  /** Of the files that are there now, those at rest. Files that are gone are forgotten. */
  atRest(files: readonly SeenFile[], nowMs: number): SeenFile[] {
    const before = this.#seen;
    this.#seen = new Map();
    return files.filter((file) => {
      const last = before.get(file.path);
      const sinceMs = last !== undefined && sameState(last.file, file) ? last.sinceMs : nowMs;
      this.#seen.set(file.path, { file, sinceMs });
      return nowMs - sinceMs >= this.#stableMs;
    });
  }
}

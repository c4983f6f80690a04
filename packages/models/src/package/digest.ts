import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';

export interface PackageFile {
  /** Inside the folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface PackageDigest {
  /** SHA-256 over name and hash of every file, in the order of their names. */
  readonly digest: string;
  readonly files: readonly PackageFile[];
}

const MOST_FILES = 1000;
const LARGEST_BYTES = 20 * 1024 ** 3;

const refused = (found: string, expected: string) =>
  new PhotopeakError('the folder is not a model package', {
    code: 'MODEL_PACKAGE_REFUSED',
    expected,
    found,
    remedy: 'put model.yaml, the weights and the card alone into a folder',
  });

async function* filesOf(folder: string, below = ''): AsyncGenerator<string> {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesOf(folder, name);
    else if (entry.isFile()) yield name;
    else throw refused(`${name}, which is a link or a device`, 'files and folders only');
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The identity of a package by its content. Throws `MODEL_PACKAGE_REFUSED`. */
export async function packageDigest(folder: string): Promise<PackageDigest> {
  const files: PackageFile[] = [];
  let bytes = 0;
  for await (const name of filesOf(folder)) {
    const file = path.join(folder, name);
    const { size } = await stat(file);
    bytes += size;
    if (files.length >= MOST_FILES) throw refused(`more than ${MOST_FILES} files`, `at most ${MOST_FILES}`);
    if (bytes > LARGEST_BYTES) throw refused(`${bytes} bytes and more`, `at most ${LARGEST_BYTES} bytes`);
    files.push({ name, bytes: size, sha256: await hashOf(file) });
  }
  const hash = createHash('sha256');
  for (const { name, sha256 } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${sha256}  ${name}\n`);
  }
  return { digest: hash.digest('hex'), files };
}

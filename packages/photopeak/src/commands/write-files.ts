import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { outputError } from '../terminal/index.ts';

interface WrittenFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

export const textFile = (fileName: string, text: string): WrittenFile => ({
  fileName,
  bytes: new TextEncoder().encode(text),
});

/** As JSON for people: indented, with a line end. */
export const jsonFile = (fileName: string, value: unknown): WrittenFile =>
  textFile(fileName, `${JSON.stringify(value, null, 2)}\n`);

/** Writes results below the folder of `--out`; answers their paths. Throws `OUTPUT_NOT_WRITABLE`. */
export async function writeFiles(folder: string, files: readonly WrittenFile[]): Promise<string[]> {
  const written: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const { fileName, bytes } of files) {
      const target = path.join(folder, fileName);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, bytes);
      written.push(target);
    }
  } catch (error) {
    throw outputError(error, folder);
  }
  return written;
}

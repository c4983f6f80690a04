import { open, readFile } from 'node:fs/promises';
import { type FileHead, readFileHead } from '../files/file-meta.ts';

/** The identity of a file and the bytes of its data set: what has to survive every transfer. */
export async function dataSetOf(file: string): Promise<FileHead & { readonly dataSet: Buffer }> {
  await using handle = await open(file, 'r');
  const head = await readFileHead(handle, file);
  return { ...head, dataSet: (await readFile(file)).subarray(head.dataSetOffset) };
}

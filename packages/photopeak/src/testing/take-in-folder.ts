import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunningNode } from '@photopeak/server';
import { takeIn } from '@photopeak/server/testing';

/** Hands the DICOM files below a folder to a node. */
export async function takeInFolder({ context }: RunningNode, folder: string): Promise<void> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.dcm'));
  const files = names.map(async (name) => ({ bytes: await readFile(path.join(folder, name)) }));
  await takeIn(context.sink, await Promise.all(files));
}

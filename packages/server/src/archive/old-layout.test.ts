import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/node.ts';
import { openArchive } from './index.ts';

it('files of an earlier version are found where they are expected now', async () => {
  const folder = await temporaryFolder('layout');
  const sha256 = createHash('sha256').update('an instance').digest('hex');
  const old = path.join(folder.path, 'archive', sha256.slice(0, 2), sha256.slice(2, 4));
  await mkdir(old, { recursive: true });
  await writeFile(path.join(old, sha256), 'an instance');
  const settings = { reserveMegabytes: 0, maximumInstanceMegabytes: 64 };
  for (const _ of ['first', 'again']) {
    const { instances } = await openArchive(folder.path, settings);
    expect(await readFile(instances.pathOf(sha256), 'utf8')).toBe('an instance');
    const listed: string[] = [];
    for await (const name of instances.list()) listed.push(name);
    expect(listed).toEqual([sha256]);
  }
  await folder.remove();
});

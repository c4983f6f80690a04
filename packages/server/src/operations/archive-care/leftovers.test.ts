import { readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openArchive } from '../../archive/index.ts';
import { temporaryFolder } from '../../testing/node.ts';
import { removeLeftovers } from './index.ts';

it('what a killed process left is removed after a day, what is being written stays', async () => {
  const folder = await temporaryFolder('leftovers');
  const archive = await openArchive(folder.path, { reserveMegabytes: 0, maximumInstanceMegabytes: 64 });
  const incoming = path.join(archive.instances.folder, 'incoming');
  const now = Date.now();
  await writeFile(path.join(incoming, 'young'), 'half');
  await writeFile(path.join(incoming, 'old'), 'half');
  await utimes(path.join(incoming, 'old'), now / 1000, now / 1000 - 86_401);
  expect(await removeLeftovers(archive, now)).toBe(1);
  expect(await readdir(incoming)).toEqual(['young']);
  await folder.remove();
});

import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { layCluster } from '@photopeak/server/testing';

/** A folder for a test with a node, whose data folder is `node` in it and holds a database that is made already. */
export async function nodeFolder(name: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), `photopeak-${name}-`));
  await chmod(folder, 0o755); // as root the database runs under another account, which has to enter
  await layCluster(path.join(folder, 'node', 'postgres'));
  return folder;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { madeOnce } from '@photopeak/testing';
import { migrate, startEmbeddedPostgres } from '../database/index.ts';
import { migrateEngine } from '../workflow/index.ts';

/**
 * What a test may do without: the machine is not switched off under it. A killed server loses nothing by this, since
 * what it wrote is with the kernel.
 */
const WITHOUT_POWER_CUTS = ['fsync = off', 'full_page_writes = off'];

/**
 * Lays a cluster with today's schema where the embedded PostgreSQL will look for its own, so that a test neither
 * waits for initdb nor for the migrations. Outside a run of the tests it does nothing, and the server begins with an
 * empty folder as anywhere else.
 */
export async function layCluster(folder: string): Promise<void> {
  const template = await madeOnce('cluster', makeCluster);
  if (template === undefined) return;
  await mkdir(path.dirname(folder), { recursive: true });
  // With owners, which the server insists on.
  await run('cp', '--archive', '--no-target-directory', template, folder);
}

async function makeCluster(folder: string): Promise<void> {
  const server = await startEmbeddedPostgres(folder);
  try {
    await migrate(server.url, () => migrateEngine(server.url));
  } finally {
    await server.stop();
  }
  const settings = path.join(folder, 'data', 'postgresql.conf');
  // Where the server's account may not enter the folder of the tests, its cluster is elsewhere: nothing to hand out.
  if (!existsSync(settings)) return;
  await appendFile(settings, `${WITHOUT_POWER_CUTS.join('\n')}\n`);
  await rm(path.join(folder, 'postgres.log'));
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const [status] = await once(spawn(program, args, { stdio: 'inherit' }), 'close');
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
}

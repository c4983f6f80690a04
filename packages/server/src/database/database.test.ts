import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeEvent } from '../api/contract.ts';
import { announce, connect, listen, migrate, startEmbeddedPostgres } from './index.ts';

/** Each numbered file of the folder is applied once. */
const MIGRATIONS = readdirSync(new URL('migrations/', import.meta.url)).filter((name) =>
  name.endsWith('.sql'),
).length;

describe('the embedded database', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-db-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('starts, is adopted by the next start, survives a kill of its postmaster, and stops', async () => {
    const first = await startEmbeddedPostgres(folder);
    expect(first.adopted).toBe(false);
    expect(await migrate(first.url)).toHaveLength(MIGRATIONS);

    const second = await startEmbeddedPostgres(folder);
    expect(second.adopted).toBe(true);
    expect(second.url).toBe(first.url);
    expect(await migrate(second.url)).toEqual([]);

    const connection = connect(second.url);
    const { rows } = await connection.pool.query(
      'select pg_postmaster_start_time(), pid from pg_stat_activity limit 1',
    );
    expect(rows).toHaveLength(1);
    await connection.db
      .insertInto('account')
      .values({ id: 'a', username: 'u', name: 'n', roles: ['reader'], password_hash: null })
      .execute();
    await connection.close();

    const pid = Number((await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    const third = await startEmbeddedPostgres(folder);
    const again = connect(third.url);
    expect(await again.db.selectFrom('account').select(['username', 'roles']).execute()).toEqual([
      { username: 'u', roles: ['reader'] },
    ]);
    await again.close();
    await third.stop();
    await expect(connect(third.url).pool.query('select 1')).rejects.toThrow();
  });

  it('migrates once when two processes start together, and tells subscribers of a change', async () => {
    const server = await startEmbeddedPostgres(path.join(folder, 'second'));
    const applied = await Promise.all([migrate(server.url), migrate(server.url)]);
    expect(applied.map((names) => names.length).sort()).toEqual([0, MIGRATIONS]);

    const listener = listen(server.url);
    const connection = connect(server.url);
    const event: NodeEvent = { kind: 'study', studyInstanceUid: '1.2.3', state: 'complete' };
    const heard = new Promise<NodeEvent>((resolve) => listener.subscribe(resolve));
    let sent: Promise<unknown> = Promise.resolve();
    const repeat = setInterval(() => {
      sent = sent.then(() => announce(connection.db, event));
    }, 50);
    expect(await heard).toEqual(event);
    clearInterval(repeat);
    await sent;
    await listener.close();
    await connection.close();
    await server.stop();
  });
});

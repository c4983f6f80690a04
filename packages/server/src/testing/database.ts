import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Connection, connect, migrate, startEmbeddedPostgres } from '../database/index.ts';
import { layCluster } from './cluster.ts';

export interface TestDatabase extends Connection {
  readonly folder: string;
  stop(): Promise<void>;
}

/** A real PostgreSQL of one test file, in a folder that goes with it. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-test-'));
  await chmod(folder, 0o755); // as root the server runs under another account, which has to enter
  const home = path.join(folder, 'postgres');
  await layCluster(home);
  const server = await startEmbeddedPostgres(home);
  await migrate(server.url);
  const connection = connect(server.url);
  return {
    ...connection,
    folder,
    async stop() {
      await connection.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

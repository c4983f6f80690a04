import path from 'node:path';
import { type Archive, openArchive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { connect, type Database, migrate, startEmbeddedPostgres } from '../database/index.ts';
import { migrateEngine } from '../workflow/index.ts';

/** Database and archive of a node, without its services: for audits and replays. */
export interface NodeStore {
  readonly db: Database;
  readonly archive: Archive;
  readonly dataFolder: string;
  /** Leaves a database that was already running (of a node at work) as it is. */
  close(): Promise<void>;
}

/** Opens what a node keeps, whether the node runs or not. @throws PhotopeakError DATABASE_* */
export async function openNodeStore(options: {
  readonly configuration: Configuration;
  readonly dataFolder: string;
}): Promise<NodeStore> {
  const { configuration } = options;
  const dataFolder = path.resolve(options.dataFolder);
  const embedded =
    configuration.database.url === undefined
      ? await startEmbeddedPostgres(path.join(dataFolder, 'postgres'))
      : undefined;
  const stop = async () => {
    if (embedded !== undefined && !embedded.adopted) await embedded.release();
  };
  try {
    const url = configuration.database.url ?? embedded?.url ?? '';
    await migrate(url, () => migrateEngine(url));
    const connection = connect(url, {});
    return {
      db: connection.db,
      archive: await openArchive(dataFolder, configuration.archive),
      dataFolder,
      async close() {
        await connection.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

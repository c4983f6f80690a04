import path from 'node:path';
import { type Archive, openArchive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { connect, type Database, migrate, startEmbeddedPostgres } from '../database/index.ts';
import { migrateEngine } from '../workflow/index.ts';

/** Database and archive of a node, without its services: for audits and replays. */
export interface NodeStore {
  readonly db: Database;
  readonly url: string;
  readonly archive: Archive;
  readonly dataFolder: string;
  /** Leaves a database that was already running (of a node at work) as it is. */
  close(): Promise<void>;
}

/** The database of a node: its own server, or the one that is configured. */
export async function openNodeDatabase(
  configuration: Configuration,
  dataFolder: string,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const configured = configuration.database.url;
  if (configured !== undefined) return { url: configured, close: async () => undefined };
  const embedded = await startEmbeddedPostgres(path.join(dataFolder, 'postgres'));
  return {
    url: embedded.url,
    async close() {
      if (!embedded.adopted) await embedded.release();
    },
  };
}

/** Opens what a node keeps, whether the node runs or not. @throws PhotopeakError DATABASE_* */
export async function openNodeStore(options: {
  readonly configuration: Configuration;
  readonly dataFolder: string;
}): Promise<NodeStore> {
  const { configuration } = options;
  const dataFolder = path.resolve(options.dataFolder);
  const database = await openNodeDatabase(configuration, dataFolder);
  try {
    const { url } = database;
    await migrate(url, () => migrateEngine(url));
    const connection = connect(url, {});
    return {
      db: connection.db,
      url,
      archive: await openArchive(dataFolder, configuration.archive),
      dataFolder,
      async close() {
        await connection.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

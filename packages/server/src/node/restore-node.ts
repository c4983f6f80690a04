import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { AuditVerification } from '../api/contract.ts';
import { openArchive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { connect } from '../database/index.ts';
import { readAnchor, verifyAudit } from '../governance/index.ts';
import { type RestoreReport, restoreBackup } from '../operations/index.ts';
import { migrateEngine } from '../workflow/index.ts';
import { openNodeDatabase } from './open-store.ts';

/** Makes the data folder of a node from a backup and checks the audit trail that came with it. */
export async function restoreNode(options: {
  readonly configuration: Configuration;
  readonly dataFolder: string;
  readonly from: string;
  readonly snapshot?: string | undefined;
  readonly progress?: (text: string) => void;
}): Promise<RestoreReport & { readonly audit: AuditVerification }> {
  const { configuration, from, snapshot } = options;
  const dataFolder = path.resolve(options.dataFolder);
  await mkdir(dataFolder, { recursive: true, mode: 0o755 });
  const database = await openNodeDatabase(configuration, dataFolder);
  try {
    const { url } = database;
    const report = await restoreBackup({
      url,
      archive: await openArchive(dataFolder, configuration.archive),
      from,
      snapshot,
      migrateEngine: () => migrateEngine(url),
      ...(options.progress === undefined ? {} : { progress: options.progress }),
    });
    const connection = connect(url);
    try {
      const anchor = await readAnchor(dataFolder, configuration.security.secret);
      return { ...report, audit: await verifyAudit(connection.db, anchor) };
    } finally {
      await connection.close();
    }
  } finally {
    await database.close();
  }
}

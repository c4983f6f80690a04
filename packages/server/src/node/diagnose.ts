import path from 'node:path';
import type { Configuration } from '../config/index.ts';
import {
  checkCertificates,
  checkDatabase,
  checkMachine,
  checkPeers,
  type DoctorFinding,
  guarded,
  ok,
  wasStarted,
} from '../operations/index.ts';
import { createSender } from './destinations.ts';
import { openNodeDatabase } from './open-store.ts';

/** Looks at everything that a node needs, whether it runs or not; changes nothing. */
export async function diagnoseNode(options: {
  readonly configuration: Configuration;
  readonly dataFolder: string;
}): Promise<DoctorFinding[]> {
  const { configuration } = options;
  const dataFolder = path.resolve(options.dataFolder);
  const machine = await checkMachine(configuration, dataFolder);
  const database = await guarded('database', 'start it, or correct database.url', async () => {
    if (configuration.database.url === undefined && !(await wasStarted(dataFolder))) {
      return ok('database', 'none yet; the first start makes one');
    }
    const opened = await openNodeDatabase(configuration, dataFolder);
    try {
      return await checkDatabase(opened.url);
    } finally {
      await opened.close();
    }
  });
  const senders = configuration.destinations.flatMap((destination) => {
    const sender = createSender(configuration, destination);
    return sender === undefined ? [] : [{ name: destination.name, sender }];
  });
  const certificates = checkCertificates(configuration, new Date());
  return [...machine, ...database, ...certificates, ...(await checkPeers(configuration, senders))];
}

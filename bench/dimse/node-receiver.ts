// The node's way in: as receiver.ts, and hashed, compared and indexed in PostgreSQL before the answer.
//   node bench/dimse/node-receiver.ts FOLDER PORT
import { createIndexWriter, createIntakeSink, openArchive } from '../../packages/server/src/archive/index.ts';
import { startDimseIntake } from '../../packages/server/src/intake/dimse/index.ts';
import { startTestDatabase } from '../../packages/server/src/testing/database.ts';

const [folder, port] = process.argv.slice(2);
const database = await startTestDatabase();
const archive = await openArchive(folder!, { reserveMegabytes: 512, maximumInstanceMegabytes: 4096 });
const sink = createIntakeSink({ archive, index: createIndexWriter(database.db), quietSeconds: 30 });
const listener = { aeTitles: ['PHOTOPEAK'], peers: 'any', host: '127.0.0.1', port: Number(port) } as const;
const server = await startDimseIntake({ ...listener, sink });
process.once('SIGTERM', async () => {
  await server.close();
  await database.stop();
});
console.log(`listening on ${server.port}`);

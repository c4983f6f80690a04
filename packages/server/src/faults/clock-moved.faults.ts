import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { freePort, nextMessage } from '@photopeak/testing';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, startEmbeddedPostgres } from '../database/index.ts';
import { eventually, temporaryFolder } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';
import { counting, sendStudy } from './scene.ts';

const entry = fileURLToPath(new URL('../testing/node-main.ts', import.meta.url));
const DAY_MS = 86_400_000;

/** Loaded before everything else in every process of a node: its clock goes wrong while it runs. */
const SHIFT = `
import { readFileSync } from 'node:fs';
const RealDate = Date;
const offset = () => Number(readFileSync(process.env.PHOTOPEAK_TEST_CLOCK, 'utf8'));
globalThis.Date = class extends RealDate {
  constructor(...args) { if (args.length === 0) super(RealDate.now() + offset()); else super(...args); }
  static now() { return RealDate.now() + offset(); }
};`;

describe('the clock of the machine is moved under a node', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let orthanc: Orthanc;
  let server: ChildProcess;
  let port: number;
  const moveTo = (offsetMs: number) => writeFile(path.join(folder.path, 'offset'), String(offsetMs));

  beforeEach(async () => {
    folder = await temporaryFolder('clock');
    orthanc = await createOrthanc();
    port = await freePort();
    await writeFile(path.join(folder.path, 'shift.mjs'), SHIFT);
    await moveTo(0);
    const yaml = `
dicom: { port: ${port} }
http: { port: 0 }
archive: { reserveMegabytes: 0 }
logging: { level: fatal }
studies: { quietSeconds: 3, afterAssociationSeconds: 0.2 }
delivery: { firstPauseSeconds: 0.2, longestPauseSeconds: 1 }
${counting(orthanc)}`;
    server = fork(entry, [JSON.stringify({ dataFolder: path.join(folder.path, 'data'), yaml })], {
      execArgv: [],
      env: {
        ...process.env,
        NODE_OPTIONS: `--import ${pathToFileURL(path.join(folder.path, 'shift.mjs')).href}`,
        PHOTOPEAK_TEST_CLOCK: path.join(folder.path, 'offset'),
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await nextMessage(server);
  });
  afterEach(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
    await orthanc.remove();
    await folder.remove();
  });

  /** Sends, moves the clock while deliveries wait, lets the PACS return. */
  async function deliveredAcross(name: string, before: number, after: number): Promise<void> {
    await moveTo(before);
    const study = await sendStudy(folder.path, { host: '127.0.0.1', port }, name);
    const database = await startEmbeddedPostgres(path.join(folder.path, 'data/postgres'));
    const { db, close } = connect(database.url);
    try {
      const owed = study.length + 1;
      await eventually(async () => {
        const rows = await db.selectFrom('outbox').select('attempts').execute();
        return rows.length === owed && rows.every(({ attempts }) => attempts > 1);
      });
      await moveTo(after);
      // What the database's own clock said before it was moved back with the machine's.
      if (after < before) {
        await db
          .updateTable('outbox')
          .set({ next_attempt_at: sql<Date>`now() + interval '1 day'` })
          .execute();
      }
      await orthanc.start();
      await eventually(async () => (await orthanc.instances()).size === owed);
      expect([...(await orthanc.instances()).values()]).toEqual(Array(owed).fill(1));
    } finally {
      await close();
    }
  }

  it('a day ahead of the database and back: everything is delivered without waiting for that day', () =>
    deliveredAcross('ahead', DAY_MS, 0));

  it('a day behind the database: the same', () => deliveredAcross('behind', -DAY_MS, -DAY_MS));
});

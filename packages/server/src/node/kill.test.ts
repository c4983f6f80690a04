import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describeWithPeers, freePort, nextMessage } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, startEmbeddedPostgres } from '../database/index.ts';
import { readAnchor, verifyAudit } from '../index.ts';
import { type TestInstance, testStudy } from '../testing/instances.ts';
import { eventually, temporaryFolder } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';

/** A few of each; `npm run test:faults` kills more, of every kind. */
const STUDIES = 5;
const KILLS = 8;
const SEED = 20_261_123;
const TOKEN = 'a-long-token-for-the-sender';
const entry = fileURLToPath(new URL('../testing/node-main.ts', import.meta.url));

/** Mulberry32: the moments of the kills are the same in every run of this test. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describeWithPeers('server and workers killed with SIGKILL', ['Orthanc'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let orthanc: Orthanc;
  let server: ChildProcess;
  let port: number;

  beforeAll(async () => {
    folder = await temporaryFolder('kill');
    orthanc = await createOrthanc();
    await orthanc.start();
    port = await freePort();
  });
  afterAll(async () => {
    if (server?.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    }
    const database = await startEmbeddedPostgres(`${folder.path}/data/postgres`);
    await database.stop();
    await orthanc?.remove();
    await folder?.remove();
  });

  async function startServer(): Promise<void> {
    const yaml = `
dicom: { enabled: false }
http: { port: ${port} }
archive: { reserveMegabytes: 0 }
studies: { quietSeconds: 8, afterAssociationSeconds: 0.2 }
logging: { level: fatal }
workflow: { workers: 1, runsPerWorker: 3 }
delivery: { firstPauseSeconds: 0.2, longestPauseSeconds: 1 }
security: { tokens: [{ name: sender, token: ${TOKEN}, roles: [technologist] }] }
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort} }
routes:
  - name: count
    when: { modalities: [CT, PT] }
    run: { pipeline: counting, parameters: { slowMs: 400 } }
    deliver: [{ to: pacs, send: all }]`;
    const settings = JSON.stringify({ dataFolder: `${folder.path}/data`, yaml });
    server = fork(entry, [settings], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await nextMessage(server);
  }

  /** Sends until it is acknowledged, as a modality does. */
  async function send(instance: TestInstance): Promise<void> {
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
      instance.bytes,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/dicom-web/studies`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${TOKEN}`,
          'Content-Type': 'multipart/related; type="application/dicom"; boundary=b',
        },
        body,
      }).catch(() => undefined);
      return response?.status === 200;
    });
  }

  it(`${STUDIES} studies, ${KILLS} kills: all finish, nothing is lost, nothing comes twice`, async () => {
    await startServer();
    const studies = Array.from({ length: STUDIES }, (_, index) => testStudy(`kill ${index}`, 2));
    const sending = (async () => {
      for (const study of studies) {
        for (const instance of study) await send(instance);
        await pause(1200);
      }
    })();
    const next = random(SEED);
    let workerKills = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // A worker that is still starting holds no work: wait until there is something to interrupt.
      const { workers } = await eventually(async () => {
        server.send('who');
        const state = await nextMessage<{ workers: number[]; ready: number }>(server);
        return state.ready > 0 && state;
      });
      await pause(next() * 1000);
      if (next() < 0.5) {
        for (const pid of workers) {
          try {
            process.kill(pid, 'SIGKILL');
            workerKills += 1;
          } catch {
            // it ended at this very moment
          }
        }
      } else {
        const ended = once(server, 'exit');
        server.kill('SIGKILL');
        await ended;
        await startServer();
      }
    }
    await sending;
    expect(workerKills).toBeGreaterThan(1);

    const database = await startEmbeddedPostgres(`${folder.path}/data/postgres`);
    const connection = connect(database.url);
    const { db } = connection;
    await eventually(async () => {
      const open = await db.selectFrom('study').select('state').where('settles_at', 'is not', null).execute();
      const runs = await db.selectFrom('run').select('state').where('state', '!=', 'delivered').execute();
      const owed = await db.selectFrom('outbox').select('id').where('state', '!=', 'acknowledged').execute();
      return open.length + runs.length + owed.length === 0;
    });

    const runs = await db.selectFrom('run').selectAll().execute();
    const whole = runs.filter((run) => run.input.length === 4);
    // One run per complete study; a study that was cut by a kill may have been decided on before its rest came.
    expect(new Set(whole.map((run) => run.study_instance_uid)).size).toBe(STUDIES);
    expect(whole).toHaveLength(STUDIES);
    expect(runs.every((run) => run.state === 'delivered' && run.review === 'draft')).toBe(true);

    const results = await db.selectFrom('result').selectAll().where('kind', '=', 'dicom').execute();
    expect(results).toHaveLength(runs.length);
    const expected = new Set([
      ...studies.flat().map((instance) => instance.sop),
      ...results.map((row) => row.sop_instance_uid!),
    ]);
    const there = await orthanc.instances();
    expect(new Set(there.keys())).toEqual(expected);
    expect([...there.values()].every((count) => count === 1)).toBe(true);

    const instances = await db.selectFrom('instance').select('sop_instance_uid').execute();
    expect(new Set(instances.map((row) => row.sop_instance_uid))).toEqual(expected);
    await eventually(async () => {
      const open = await db
        .selectFrom('instance')
        .select('sha256')
        .where('audit_sequence', 'is', null)
        .execute();
      return open.length === 0;
    });
    expect(await verifyAudit(db, await readAnchor(`${folder.path}/data`))).toMatchObject({ ok: true });
    await connection.close();
  }, 180_000);
});

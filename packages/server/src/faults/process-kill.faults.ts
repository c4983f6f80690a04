import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@photopeak/testing';
import { expect, it } from 'vitest';
import { openArchive } from '../archive/index.ts';
import { connect, startEmbeddedPostgres } from '../database/index.ts';
import { readAnchor, verifyAudit } from '../index.ts';
import { verifyArchive } from '../operations/index.ts';
import { seeded } from '../testing/fuzz/index.ts';
import { type TestInstance, testStudy } from '../testing/instances.ts';
import { eventually, temporaryFolder } from '../testing/node.ts';
import { createOrthanc } from '../testing/orthanc.ts';

const STUDIES = 10;
const KILLS = 24;
const SEED = 20_261_129;
const TOKEN = 'a-long-token-for-the-sender';
const entry = fileURLToPath(new URL('../testing/node-main.ts', import.meta.url));

type Victim = 'server' | 'worker' | 'postmaster' | 'backend';
const VICTIMS: readonly Victim[] = ['server', 'worker', 'postmaster', 'backend'];

const postmasterOf = (dataFolder: string): number | undefined => {
  try {
    return Number(
      readFileSync(path.join(dataFolder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0],
    );
  } catch {
    return undefined;
  }
};

/** Processes of PostgreSQL that serve a connection, or do its own work: all are children of the postmaster. */
function backendsOf(postmaster: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
        return Number(rest?.split(' ')[1]) === postmaster;
      } catch {
        return false;
      }
    });
}

it(`${STUDIES} studies, ${KILLS} processes of every kind killed: nothing is lost, nothing comes twice`, async () => {
  const folder = await temporaryFolder('process-kill');
  const data = path.join(folder.path, 'data');
  const orthanc = await createOrthanc();
  await orthanc.start();
  const port = await freePort();
  const yaml = `
dicom: { enabled: false }
http: { port: ${port} }
archive: { reserveMegabytes: 0 }
studies: { quietSeconds: 8, afterAssociationSeconds: 0.2 }
logging: { level: fatal }
workflow: { workers: 2, runsPerWorker: 2 }
delivery: { firstPauseSeconds: 0.2, longestPauseSeconds: 1 }
security: { tokens: [{ name: sender, token: ${TOKEN}, roles: [technologist] }] }
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort} }
routes:
  - name: count
    when: { modalities: [CT, PT] }
    run: { pipeline: counting, parameters: { slowMs: 400 } }
    deliver: [{ to: pacs, send: all }]`;
  let server: ChildProcess;
  const start = async () => {
    // A start that meets a database in recovery, or whose own database is killed, is tried again, as systemd does.
    for (;;) {
      server = fork(entry, [JSON.stringify({ dataFolder: data, yaml })], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      const ready = await Promise.race([
        once(server, 'message').then(() => true),
        once(server, 'exit').then(() => false),
      ]);
      if (ready) return;
      await pause(500);
    }
  };
  const isUp = () => server.exitCode === null && server.signalCode === null;
  const workers = async (): Promise<number[]> => {
    if (!isUp()) return [];
    server.send('who');
    const [state] = (await Promise.race([
      once(server, 'message'),
      once(server, 'exit').then(() => [{ workers: [] }]),
    ])) as [{ workers: number[] }];
    return state.workers;
  };
  async function send(instance: TestInstance): Promise<void> {
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
      instance.bytes,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const type = 'multipart/related; type="application/dicom"; boundary=b';
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${port}/dicom-web/studies`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': type },
        body,
      }).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.status === 200) return;
      await pause(200);
    }
  }
  const kill = (pid: number | undefined): boolean => {
    try {
      if (pid === undefined || Number.isNaN(pid)) return false;
      return process.kill(pid, 'SIGKILL');
    } catch {
      // It ended at this very moment.
      return false;
    }
  };

  const killed: Record<Victim, number> = { server: 0, worker: 0, postmaster: 0, backend: 0 };
  const studies = Array.from({ length: STUDIES }, (_, index) => testStudy(`process kill ${index}`, 2));
  try {
    await start();
    const sending = (async () => {
      for (const study of studies) {
        for (const instance of study) await send(instance);
        await pause(1500);
      }
    })();
    const random = seeded(SEED);
    while (Object.values(killed).reduce((sum, count) => sum + count, 0) < KILLS) {
      await pause(300 + random(2200));
      if (!isUp()) await start();
      const victim = VICTIMS[random(VICTIMS.length)]!;
      const choice = random(1000);
      const postmaster = postmasterOf(data);
      if (victim === 'server') {
        const ended = once(server!, 'exit');
        if (kill(server!.pid)) killed.server += 1;
        await ended;
        await start();
      } else if (victim === 'worker') {
        const pids = await workers();
        if (kill(pids[choice % Math.max(1, pids.length)])) killed.worker += 1;
      } else if (victim === 'postmaster') {
        if (kill(postmaster)) killed.postmaster += 1;
      } else if (postmaster !== undefined) {
        const pids = backendsOf(postmaster);
        if (kill(pids[choice % Math.max(1, pids.length)])) killed.backend += 1;
      }
    }
    await sending;
    if (!isUp()) await start();
    for (const victim of VICTIMS) expect(killed[victim], victim).toBeGreaterThan(2);

    const database = await eventually(() =>
      startEmbeddedPostgres(path.join(data, 'postgres')).catch(() => undefined),
    );
    const connection = connect(database.url);
    const { db } = connection;
    await eventually(async () => {
      const open = await db.selectFrom('study').select('state').where('settles_at', 'is not', null).execute();
      const runs = await db.selectFrom('run').select('state').where('state', '!=', 'delivered').execute();
      const owed = await db.selectFrom('outbox').select('id').where('state', '!=', 'acknowledged').execute();
      return open.length + runs.length + owed.length === 0;
    });
    const runs = await db.selectFrom('run').selectAll().execute();
    // A study that was cut by a kill may have been decided on before its rest came; once it is whole, once.
    const whole = runs.filter((run) => run.input.length === 4);
    expect(whole).toHaveLength(STUDIES);
    expect(new Set(whole.map((run) => run.study_instance_uid)).size).toBe(STUDIES);
    const results = await db.selectFrom('result').selectAll().where('kind', '=', 'dicom').execute();
    expect(results).toHaveLength(runs.length);
    const expected = new Set([
      ...studies.flat().map((instance) => instance.sop),
      ...results.map((row) => row.sop_instance_uid!),
    ]);
    const there = await orthanc.instances();
    expect(new Set(there.keys())).toEqual(expected);
    expect([...there.values()].every((count) => count === 1)).toBe(true);
    const archive = await openArchive(data, { reserveMegabytes: 0, maximumInstanceMegabytes: 64 });
    expect(await verifyArchive({ db, archive })).toMatchObject({ ok: true });
    await eventually(async () => {
      const open = await db
        .selectFrom('instance')
        .select('sha256')
        .where('audit_sequence', 'is', null)
        .execute();
      return open.length === 0;
    });
    expect(await verifyAudit(db, await readAnchor(data))).toMatchObject({ ok: true });
    await connection.close();
    console.log(`killed: ${JSON.stringify(killed)}, ${runs.length} runs, ${results.length} results`);
  } finally {
    if (isUp()) {
      const ended = once(server!, 'exit');
      server!.kill('SIGTERM');
      await ended;
    }
    const database = await startEmbeddedPostgres(path.join(data, 'postgres')).catch(() => undefined);
    await database?.stop();
    await orthanc.remove();
    await folder.remove();
  }
}, 600_000);

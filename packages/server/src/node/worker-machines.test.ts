import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfiguration } from '../config/index.ts';
import { startEmbeddedPostgres } from '../database/index.ts';
import { testStudy } from '../testing/instances.ts';
import { canMakeMachines, type Machine, makeMachine, relayTo } from '../testing/machines.ts';
import { eventually, startTestNode, temporaryFolder, writeInstances } from '../testing/node.ts';
import type { RunningNode } from './index.ts';
import { startWorkerMachine } from './index.ts';

const STUDIES = 6;
const entry = fileURLToPath(new URL('../testing/workers-main.ts', import.meta.url));
const machinesHere = canMakeMachines();
const why = machinesHere ? '' : ' (skipped: this account cannot make network namespaces)';

describe.skipIf(!machinesHere)(`workers on three machines${why}`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let inbox: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  const machines: Machine[] = [];
  const relays: { close(): void }[] = [];
  const processes: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder('machines');
    inbox = await temporaryFolder('machines-inbox');
    node = await startTestNode(
      folder.path,
      `
workflow: { workers: 0 }
sources: [{ kind: folder, name: inbox, path: ${inbox.path} }]
routes: [{ name: count, when: { modalities: [CT, PT] }, run: { pipeline: counting, parameters: { slowMs: 700 } } }]`,
    );
    const url = new URL(node.context.connection.url);
    const socket = `${url.searchParams.get('host')}/.s.PGSQL.5432`;
    for (let number = 0; number < 3; number++) {
      const machine = makeMachine(number);
      machines.push(machine);
      const relay = await relayTo(socket, machine.hostAddress);
      relays.push(relay);
      const yaml = `
database: { url: 'postgresql://postgres@${machine.hostAddress}:${relay.port}/photopeak' }
archive: { reserveMegabytes: 0 }
workflow: { workers: 1 }
logging: { level: fatal }`;
      const child = machine.spawn(process.execPath, [
        entry,
        JSON.stringify({ dataFolder: folder.path, yaml }),
      ]);
      processes.push(child);
      await once(child.stdout!, 'data');
    }
  });
  afterAll(async () => {
    for (const child of processes) child.kill('SIGKILL');
    for (const relay of relays) relay.close();
    for (const machine of machines) machine.remove();
    await node?.close();
    await folder?.remove();
    await inbox?.remove();
  });

  it('share the runs of a node, and those of a machine that is cut off go on elsewhere', async () => {
    const { db } = node.context;
    for (let n = 0; n < STUDIES; n++) {
      const study = path.join(inbox.path, String(n));
      await mkdir(study);
      await writeInstances(study, testStudy(`machines ${n}`, 2));
    }
    // The first machine holds a run: pull its cable.
    const holders = () =>
      db
        .selectFrom('run')
        .select(['id', 'state'])
        .where('state', '=', 'running')
        .execute()
        .then((rows) => rows.length === 3);
    await eventually(holders);
    machines[0]!.cut();
    const runs = await eventually(async () => {
      const rows = await db.selectFrom('run').select(['id', 'state', 'study_instance_uid']).execute();
      return rows.length === STUDIES && rows.every((row) => row.state === 'packaged') && rows;
    });
    expect(new Set(runs.map((run) => run.study_instance_uid)).size).toBe(STUDIES);
    const results = await db
      .selectFrom('result')
      .select(['run_id', (eb) => eb.fn.countAll<string>().as('count')])
      .groupBy('run_id')
      .execute();
    expect(results.map(({ count }) => Number(count))).toEqual(Array(STUDIES).fill(2));
  });
});

describe('a machine of workers that is set up wrongly', () => {
  it('says that it needs the database of a node', async () => {
    const configuration = parseConfiguration('{}', 'test.yaml', {});
    await expect(startWorkerMachine({ configuration, dataFolder: '/nowhere' })).rejects.toMatchObject({
      code: 'WORKERS_NEED_DATABASE',
    });
  });

  it('refuses a data folder that is not that of the node', async () => {
    const folder = await temporaryFolder('machines-node');
    const elsewhere = await temporaryFolder('machines-other');
    const server = await startEmbeddedPostgres(`${folder.path}/postgres`);
    const yaml = `database: { url: '${server.url}' }`;
    try {
      const node = await startTestNode(folder.path, `${yaml}\nworkflow: { workers: 0 }`);
      const [instance] = testStudy('foreign', 1);
      const file = node.context.sink.open({ kind: 'folder', folder: 'test' });
      const intake = await file.begin();
      await intake.write([instance!.bytes]);
      await intake.commit();
      await file.close('complete');
      await node.close();
      const configuration = parseConfiguration(yaml, 'test.yaml', {});
      await expect(startWorkerMachine({ configuration, dataFolder: elsewhere.path })).rejects.toMatchObject({
        code: 'WORKERS_FOLDER_FOREIGN',
      });
    } finally {
      await server.stop();
      await folder.remove();
      await elsewhere.remove();
    }
  });
});

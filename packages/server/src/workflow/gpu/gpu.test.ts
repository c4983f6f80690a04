import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../../node/index.ts';
import { testInstance } from '../../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder, writeInstances } from '../../testing/node.ts';
import { gpuDevices } from './index.ts';

const STUDIES = 8;
const AT_ONCE = 2;
const entry = fileURLToPath(new URL('../../testing/workers-main.ts', import.meta.url));

describe('the devices of a machine', () => {
  it('count for their machine, and UUIDs for the world', async () => {
    const gpus = [
      { id: '0', atOnce: 1 },
      { id: 'GPU-5ca1ab1e', atOnce: 2 },
    ];
    expect((await gpuDevices(gpus, 'here')).map(({ key, atOnce }) => [key, atOnce])).toEqual([
      ['here/0', 1],
      ['GPU-5ca1ab1e', 2],
    ]);
  });

  it('are those that nvidia-smi lists, and none without it', async () => {
    const { path: folder, remove } = await temporaryFolder('nvidia');
    const before = process.env.PATH;
    try {
      process.env.PATH = folder;
      expect(await gpuDevices('probe')).toEqual([]);
      const program = path.join(folder, 'nvidia-smi');
      await writeFile(program, '#!/bin/sh\necho GPU-aaaa\necho GPU-bbbb\n');
      await chmod(program, 0o755);
      expect((await gpuDevices('probe')).map(({ id }) => id)).toEqual(['GPU-aaaa', 'GPU-bbbb']);
    } finally {
      process.env.PATH = before;
      await remove();
    }
  });
});

describe('three worker processes share a device', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let inbox: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  let without: ChildProcess;
  let witness: string;

  beforeAll(async () => {
    folder = await temporaryFolder('gpu');
    inbox = await temporaryFolder('gpu-inbox');
    witness = path.join(inbox.path, '.witness');
    await writeFile(witness, '');
    await mkdir(path.join(inbox.path, 'in'));
    node = await startTestNode(
      folder.path,
      `
workflow: { workers: 3, gpus: [{ id: "7", atOnce: ${AT_ONCE} }] }
sources: [{ kind: folder, name: inbox, path: ${inbox.path}/in }]
routes: [{ name: device, when: { anyModality: [CT] }, run: { pipeline: device, parameters: { witness: "${witness}", forMs: 1200 } } }]`,
    );
    // A machine without a device takes none of these runs, however long they wait.
    const yaml = `
database: { url: '${node.context.connection.url}' }
archive: { reserveMegabytes: 0 }
workflow: { workers: 1, runsPerWorker: 8, gpus: [] }
logging: { level: fatal }`;
    without = spawn(process.execPath, [entry, JSON.stringify({ dataFolder: folder.path, yaml })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(without.stdout!, 'data');
  });
  afterAll(async () => {
    without?.kill('SIGTERM');
    await node?.close();
    await folder?.remove();
    await inbox?.remove();
  });

  const uses = async () =>
    (await readFile(witness, 'utf8'))
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [what, pid, gpu, run, at] = line.split(' ');
        return { what, pid: Number(pid), gpu, run: run!, at: Number(at) };
      });

  it('as many steps at once as it may, and the place of a killed process is free at once', async () => {
    for (let n = 0; n < STUDIES; n++) {
      const study = path.join(inbox.path, 'in', String(n));
      await mkdir(study, { recursive: true });
      await writeInstances(study, [testInstance({ study: `gpu ${n}` })]);
    }
    const running = new RegExp(`photopeak_gpu_steps\\{state="running",device="[^"]+/7"\\} ${AT_ONCE}\\b`);
    await eventually(async () => {
      const metrics = await node.context.metrics.registry.metrics();
      return /photopeak_gpu_steps\{state="waiting",device=""\} [1-9]/.test(metrics) && running.test(metrics);
    });
    const victim = await eventually(async () => {
      const seen = await uses();
      const open = seen.filter(
        ({ what, run }) => what === 'start' && !seen.some((use) => use.what === 'end' && use.run === run),
      );
      return open.at(-1);
    });
    process.kill(victim.pid, 'SIGKILL');
    const killedAt = Date.now();
    await eventually(async () => {
      const rows = await node.context.db.selectFrom('run').select('state').execute();
      return rows.length === STUDIES && rows.every(({ state }) => state === 'packaged');
    });
    const seen = await uses();
    const intervals = seen
      .filter(({ what }) => what === 'start')
      .map(({ pid, run, at }) => {
        const end = seen.find((use) => use.what === 'end' && use.run === run && use.pid === pid)?.at;
        return { pid, from: at, to: end ?? killedAt };
      });
    const most = Math.max(
      ...intervals.map(
        ({ from }) => intervals.filter((other) => other.from <= from && from < other.to).length,
      ),
    );
    expect(most).toBe(AT_ONCE);
    expect(new Set(seen.map(({ gpu }) => gpu))).toEqual(new Set(['7']));
    expect(seen.filter(({ what }) => what === 'end')).toHaveLength(STUDIES);
    expect(new Set(intervals.map(({ pid }) => pid)).size).toBeGreaterThanOrEqual(3);
    expect(intervals.some(({ pid }) => pid === without.pid)).toBe(false);
    const metrics = await node.context.metrics.registry.metrics();
    expect(metrics).toMatch(/photopeak_gpu_wait_seconds\{quantile="0.95"\} \d/);
    expect(metrics).toMatch(/photopeak_worker_wait_seconds\{quantile="0.95"\} \d/);
    expect(metrics).toMatch(/photopeak_gpu_steps\{state="waiting",device=""\} 0/);
  });
});

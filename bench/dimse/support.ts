import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort, spawnPeer, startOrthanc, startPeer } from '@photopeak/testing';
import { writeInstances } from '../../packages/dimse/src/testing/instances.ts';

/** A CT slice: 512 × 512 of 16 bit. */
const PIXEL_BYTES = 512 * 512 * 2;
export const COUNT = Number(process.env.BENCH_INSTANCES ?? 600);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

export interface Workplace {
  readonly root: string;
  /** The folder of the instances that are sent. */
  readonly source: string;
  readonly files: readonly string[];
  close(): Promise<void>;
}

/** 600 CT instances of 530 KB with noise for pixels, on disk and in the page cache. */
export async function workplace(): Promise<Workplace> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'photopeak-bench-'));
  const source = path.join(root, 'source');
  await mkdir(source);
  for (let done = 0; done < COUNT; done += 50) {
    const size = { pixelBytes: PIXEL_BYTES, columns: 512 };
    await writeInstances(source, Math.min(50, COUNT - done), { ...size, first: 100_000 + done });
  }
  const files = (await readdir(source)).map((name) => path.join(source, name));
  return { root, source, files, close: () => rm(root, { recursive: true, force: true }) };
}

/** A receiver in a process of its own, with an empty folder. */
export interface Receiver {
  readonly name: string;
  readonly aeTitle: string;
  start(folder: string): Promise<{ readonly port: number; stop(): Promise<void> }>;
}

export const storescp: Receiver = {
  name: 'storescp +B',
  aeTitle: 'STORESCP',
  async start(folder) {
    const port = await freePort();
    const peer = await startPeer('storescp', ['+B', '--fork', '-od', folder, String(port)], port);
    return { port, stop: () => peer.stop('SIGKILL') };
  },
};

export const orthanc: Receiver = {
  name: 'Orthanc',
  aeTitle: 'ORTHANC',
  async start(folder) {
    const peer = await startOrthanc(folder);
    return { port: peer.dicomPort, stop: () => peer.stop() };
  },
};

/** A script of ours that is called with a folder and a port, and prints a line when it listens. */
export function ourReceiver(name: string, script: URL): Receiver {
  return {
    name,
    aeTitle: 'PHOTOPEAK',
    async start(folder) {
      const port = await freePort();
      const child: ChildProcess = spawn(process.execPath, [script.pathname, folder, String(port)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve, reject) => {
        child.stdout?.once('data', resolve);
        child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
      });
      return {
        port,
        async stop() {
          const ended = new Promise((resolve) => child.once('close', resolve));
          child.kill('SIGTERM');
          await ended;
        },
      };
    },
  };
}

/** Runs storescu to its end; a failed transfer makes a number worthless. */
export async function storescu(port: number, aeTitle: string, files: readonly string[]): Promise<void> {
  const { status, output } = await spawnPeer('storescu', [
    ...['-aec', aeTitle, '--max-send-pdu', '131072', '127.0.0.1', String(port)],
    ...files,
  ]);
  if (status !== 0) throw new Error(`storescu: ${output}`);
}

/** The work dealt out to `parts` senders. */
export function deal<T>(all: readonly T[], parts: number): T[][] {
  return Array.from({ length: parts }, (_, part) => all.filter((_, index) => index % parts === part));
}

/**
 * Instances per second of each contender, the median of several rounds in which they take turns, so that what else
 * the machine does falls on all of them.
 */
export async function compare(
  contenders: readonly { readonly name: string; run(): Promise<number> }[],
): Promise<Map<string, number>> {
  const seconds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, run } of contenders) seconds.get(name)!.push(await run());
  }
  return new Map(
    [...seconds].map(([name, values]) => [name, COUNT / values.sort((a, b) => a - b)[values.length >> 1]!]),
  );
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** One line: name, ours, peer, ratio (above one: ours is faster). */
export function report(name: string, ours: number, peerName: string, peer: number): void {
  const ratio = (ours / peer).toFixed(2);
  console.log(`${name}: ours ${ours.toFixed(0)}/s, ${peerName} ${peer.toFixed(0)}/s, ratio ${ratio}`);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort, spawnPeer, startOrthanc, startPeer } from '@photopeak/testing';
import { writeInstances } from '../../packages/dimse/src/testing/instances.ts';

/** A CT slice: 512 × 512 of 16 bit. */
export const PIXEL_BYTES = 512 * 512 * 2;
export const COUNT = Number(process.env.BENCH_INSTANCES ?? 600);
const WARM_UP = 200;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

export interface Workplace {
  readonly root: string;
  /** The folder of the instances that are sent. */
  readonly source: string;
  readonly files: readonly string[];
  /** Sent before the clock starts, to every receiver alike: a node runs for months, a benchmark for seconds. */
  readonly warmUp: readonly string[];
  close(): Promise<void>;
}

/** 600 CT instances of 530 KB with noise for pixels, on disk and in the page cache. */
export async function workplace(): Promise<Workplace> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'photopeak-bench-'));
  const source = path.join(root, 'source');
  const files = await written(source, COUNT, 100_000);
  const warmUp = await written(path.join(root, 'warm-up'), WARM_UP, 500_000);
  return { root, source, files, warmUp, close: () => rm(root, { recursive: true, force: true }) };
}

async function written(folder: string, count: number, first: number): Promise<string[]> {
  await mkdir(folder);
  for (let done = 0; done < count; done += 50) {
    const size = { pixelBytes: PIXEL_BYTES, columns: 512 };
    await writeInstances(folder, Math.min(50, count - done), { ...size, first: first + done });
  }
  return (await readdir(folder)).map((name) => path.join(folder, name));
}

export interface RunningReceiver {
  readonly port: number;
  /** The most memory that the process has held (Linux), in MB. */
  peakMegabytes?(): Promise<number>;
  stop(): Promise<void>;
}

/** A receiver in a process of its own, with an empty folder. */
export interface Receiver {
  readonly name: string;
  readonly aeTitle: string;
  start(folder: string): Promise<RunningReceiver>;
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

function orthancWith(name: string, noDelay: '0' | '1'): Receiver {
  return {
    name,
    aeTitle: 'ORTHANC',
    async start(folder) {
      const peer = await startOrthanc(folder, {}, { TCP_NODELAY: noDelay });
      return { port: peer.dicomPort, stop: () => peer.stop() };
    },
  };
}

/** As it comes, and with answers that are not held back for 40 ms (Nagle's algorithm): the fair comparison. */
export const orthancDefault = orthancWith('Orthanc (default)', '0');
export const orthanc = orthancWith('Orthanc (TCP_NODELAY)', '1');

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
        async peakMegabytes() {
          const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
          return Math.round(Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0) / 1024);
        },
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
  if (status !== 0) throw new Error(`storescu to ${aeTitle} ended with ${status}: ${output}`);
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

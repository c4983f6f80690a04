import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startOrthanc } from '@photopeak/testing';
import { COUNT, storescu, type Workplace, workplace } from '../dimse/support.ts';

/** Of the instances that bench/dimse/support.ts writes. */
export const SERIES = '/studies/2.25.1001/series/2.25.1002';

/** A server that holds the 600 instances. */
export interface Archive {
  readonly name: string;
  /** Asks and reads to the end; resolves with how many bytes came. Throws for a status other than 200. */
  read(path: string, accept: string): Promise<number>;
  /** The whole answer. */
  text(path: string, accept: string): Promise<string>;
}

export interface Archives {
  readonly ours: Archive;
  /** As it comes, and with TCP_NODELAY. */
  readonly peers: readonly Archive[];
  close(): Promise<void>;
}

/** Our node and Orthanc, default and with TCP_NODELAY, each with the same series. */
export async function archives(): Promise<Archives> {
  const place = await workplace();
  await chmod(place.root, 0o755);
  const servers = [await ourNode(place), await orthanc(place, '1'), await orthanc(place, '0')];
  // What a server makes ready in the background after a study is ready.
  await pause(10_000);
  const [ours, ...peers] = servers.map(({ archive }) => archive);
  return {
    ours: ours!,
    peers,
    async close() {
      for (const { stop } of servers) await stop();
      await place.close();
    },
  };
}

interface Running {
  readonly archive: Archive;
  stop(): Promise<void>;
}

async function ourNode(place: Workplace): Promise<Running> {
  const folder = path.join(place.root, 'node');
  await mkdir(folder, { mode: 0o755 });
  const token = randomBytes(24).toString('hex');
  const script = new URL('./node.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder, token], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const [port, url] = await new Promise<string[]>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      const found = /^(\d+) (http\S+)$/m.exec(said);
      if (found !== null) resolve(found.slice(1));
    });
    child.once('exit', (code) => reject(new Error(`the node ended with ${code}`)));
  });
  await storescu(Number(port), 'PHOTOPEAK', place.files);
  return {
    archive: archiveAt('ours', `${url}/dicom-web`, { authorization: `Bearer ${token}` }),
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function orthanc(place: Workplace, noDelay: '0' | '1'): Promise<Running> {
  const folder = path.join(place.root, `orthanc-${noDelay}`);
  const peer = await startOrthanc(folder, {}, { TCP_NODELAY: noDelay });
  await storescu(peer.dicomPort, 'ORTHANC', place.files);
  const name = noDelay === '1' ? 'Orthanc (TCP_NODELAY)' : 'Orthanc (default)';
  return { archive: archiveAt(name, peer.dicomWebUrl, {}), stop: () => peer.stop() };
}

/** One connection that stays open, as a viewer has it; no compression, which costs Orthanc most of its time. */
function archiveAt(name: string, root: string, authorization: Readonly<Record<string, string>>): Archive {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  async function ask(at: string, accept: string, take: (chunk: Buffer) => void): Promise<void> {
    const headers = { ...authorization, accept, 'accept-encoding': 'identity' };
    await new Promise<void>((resolve, reject) => {
      get(`${root}${at}`, { agent, headers }, (response) => {
        if (response.statusCode !== 200)
          reject(new Error(`${name} answered ${response.statusCode} to ${at}`));
        response.on('data', take);
        response.once('end', resolve);
        response.once('error', reject);
      }).once('error', reject);
    });
  }
  return {
    name,
    async read(at, accept) {
      let bytes = 0;
      await ask(at, accept, (chunk) => {
        bytes += chunk.length;
      });
      return bytes;
    },
    async text(at, accept) {
      const chunks: Buffer[] = [];
      await ask(at, accept, (chunk) => chunks.push(chunk));
      return Buffer.concat(chunks).toString();
    },
  };
}

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

/**
 * Times the same question to all, in turns, once beforehand without the clock; reports how many instances a second
 * each answers for, the median of the rounds.
 */
export async function contest(
  name: string,
  { ours, peers }: Archives,
  work: (archive: Archive) => Promise<void>,
): Promise<void> {
  const seconds = new Map<Archive, number[]>([ours, ...peers].map((archive) => [archive, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [archive, times] of seconds) {
      const start = performance.now();
      await work(archive);
      if (round > 0) times.push((performance.now() - start) / 1000);
    }
  }
  const rate = (archive: Archive) => {
    const times = seconds.get(archive)!.sort((a, b) => a - b);
    return COUNT / times[times.length >> 1]!;
  };
  for (const peer of peers) {
    const ratio = (rate(ours) / rate(peer)).toFixed(2);
    console.log(
      `${name}: ours ${rate(ours).toFixed(0)}/s, ${peer.name} ${rate(peer).toFixed(0)}/s, ratio ${ratio}`,
    );
  }
}

/** A comparison of unequal answers is worthless. */
export function requireCount(archive: Archive, found: number): void {
  if (found !== COUNT) throw new Error(`${archive.name} gave ${found} instances instead of ${COUNT}`);
}

import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startOrthanc } from '@photopeak/testing';
import { COUNT, storescu, type Workplace, workplace } from '../dimse/support.ts';
import { processTree, treeCpuSeconds } from '../processes.ts';

/** Of the instances that bench/dimse/support.ts writes. */
export const SERIES = '/studies/2.25.1001/series/2.25.1002';

/** A server that holds the 600 instances. */
export interface Archive {
  readonly name: string;
  readonly pid: number;
  /**
   * Asks curl for each path in turn, over one connection; resolves with how many bytes came altogether. Throws for a
   * status other than 200.
   */
  read(paths: readonly string[], accept: string): Promise<number>;
  /** The whole answer. */
  text(path: string, accept: string): Promise<string>;
  /** Posts a body; throws for a status other than 200. */
  post(path: string, type: string, body: Buffer): Promise<void>;
}

export interface Archives {
  readonly place: Workplace;
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
    place,
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
    archive: archiveAt(place, 'ours', child.pid!, `${url}/dicom-web`, { authorization: `Bearer ${token}` }),
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
  return { archive: archiveAt(place, name, peer.pid, peer.dicomWebUrl, {}), stop: () => peer.stop() };
}

const run = promisify(execFile);

/** Answers come uncompressed: compression costs Orthanc most of its time. */
function archiveAt(
  { root: folder }: Workplace,
  name: string,
  pid: number,
  root: string,
  authorization: Readonly<Record<string, string>>,
): Archive {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  async function ask(method: string, at: string, fields: Record<string, string>, body?: Buffer) {
    const headers = { ...authorization, 'accept-encoding': 'identity', ...fields };
    return await new Promise<string>((resolve, reject) => {
      const asked = request(`${root}${at}`, { method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => {
          const answer = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(answer);
          else reject(new Error(`${name} answered ${response.statusCode} to ${at}: ${answer.slice(0, 500)}`));
        });
        response.once('error', reject);
      });
      asked.once('error', reject);
      asked.end(body);
    });
  }
  return {
    name,
    pid,
    async read(paths, accept) {
      const file = path.join(folder, `${pid}.curl`);
      const fields = Object.entries({ ...authorization, Accept: accept });
      const lines = [
        'silent',
        ...fields.map(([field, value]) => `header = ${JSON.stringify(`${field}: ${value}`)}`),
        'write-out = "%{http_code} %{size_download}\\n"',
        ...paths.flatMap((at) => [`url = "${root}${at}"`, 'output = "/dev/null"']),
      ];
      await writeFile(file, lines.join('\n'), { mode: 0o600 });
      const { stdout } = await run('curl', ['--config', file], { maxBuffer: 1024 * 1024 });
      const answers = stdout.trim().split('\n');
      const bad = answers.find((answer) => !answer.startsWith('200 '));
      if (bad !== undefined || answers.length !== paths.length)
        throw new Error(`${name} answered ${bad ?? 'too few times'}`);
      return answers.reduce((sum, answer) => sum + Number(answer.split(' ')[1]), 0);
    },
    text: (at, accept) => ask('GET', at, { accept }),
    async post(at, type, body) {
      await ask('POST', at, { 'content-type': type, accept: 'application/dicom+json' }, body);
    },
  };
}

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

interface Measured {
  readonly seconds: number;
  /** Of the server and all its processes. */
  readonly cpuSeconds: number;
}

/**
 * Times the same question to all, in turns, once beforehand without the clock; reports how many instances a second
 * each answers for, and what one costs the server in processor time, the medians of the rounds. Where other work
 * shares the machine the processor time is the steadier figure.
 */
export async function contest(
  name: string,
  { ours, peers }: Archives,
  work: (archive: Archive, round: number) => Promise<void>,
  options: { readonly count?: number; prepare?(round: number): Promise<void> } = {},
): Promise<void> {
  const { count = COUNT } = options;
  const all = [ours, ...peers];
  const measured = new Map<Archive, Measured[]>(all.map((archive) => [archive, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    await options.prepare?.(round);
    for (const archive of all) {
      const before = await treeCpuSeconds(archive.pid);
      const start = performance.now();
      await work(archive, round);
      const seconds = (performance.now() - start) / 1000;
      const cpuSeconds = (await treeCpuSeconds(archive.pid)) - before;
      if (round > 0) measured.get(archive)!.push({ seconds, cpuSeconds });
    }
  }
  const median = (archive: Archive, field: keyof Measured) => {
    const values = measured.get(archive)!.map((one) => one[field]);
    return values.sort((a, b) => a - b)[values.length >> 1]!;
  };
  const rate = (archive: Archive) => count / median(archive, 'seconds');
  const cost = (archive: Archive) => (median(archive, 'cpuSeconds') / count) * 1000;
  for (const peer of peers) {
    console.log(
      `${name}: ours ${rate(ours).toFixed(0)}/s, ${peer.name} ${rate(peer).toFixed(0)}/s, ` +
        `ratio ${(rate(ours) / rate(peer)).toFixed(2)}; processor time an instance ${cost(ours).toFixed(2)} ms ` +
        `and ${cost(peer).toFixed(2)} ms, ratio ${(cost(peer) / cost(ours)).toFixed(2)}`,
    );
  }
}

/** The most memory that each server has held, without PostgreSQL's. */
export async function reportMemory({ ours, peers }: Archives): Promise<void> {
  for (const archive of [ours, ...peers]) {
    const [main] = await processTree(archive.pid);
    console.log(`memory of ${archive.name}: ${main?.peakMegabytes} MB at most`);
  }
}

/** A comparison of unequal answers is worthless. */
export function requireCount(archive: Archive, found: number): void {
  if (found !== COUNT) throw new Error(`${archive.name} gave ${found} instances instead of ${COUNT}`);
}

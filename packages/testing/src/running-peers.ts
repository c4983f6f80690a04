import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { peerCommand } from './peers.ts';

export interface PeerOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A peer that serves until it is stopped. */
export interface RunningPeer {
  readonly port: number;
  readonly pid: number;
  /** Everything that it has printed so far. */
  output(): string;
  /** Ends it and resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Below those that systems give to connections: one that is free now is not taken by one of them until it is used. */
const PORTS = { first: 20_000, count: 12_000 } as const;

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(PORTS.count * Math.random());
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/**
 * Without this dcmtk waits 40 ms after each message for an acknowledgement, which is not what a comparison is about.
 */
const ENVIRONMENT = { ...process.env, TCP_NODELAY: '1' };

/** Runs a peer to its end while this process goes on serving it; status and both outputs as one text. */
export function spawnPeer(
  program: string,
  args: readonly string[],
  options: PeerOptions = {},
): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...ENVIRONMENT, ...options.env };
    const child = spawn(peerCommand(program), args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

/** Starts a peer that listens on `port` and resolves when it does. */
export async function startPeer(
  program: string,
  args: readonly string[],
  port: number,
  options: PeerOptions = {},
): Promise<RunningPeer> {
  const env = { ...ENVIRONMENT, ...options.env };
  const child = spawn(peerCommand(program), args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      output += error.message;
      hasEnded = true;
      resolve();
    });
    child.on('close', () => {
      hasEnded = true;
      resolve();
    });
  });
  while (!(await isListening(port))) {
    if (hasEnded) throw new Error(`${program} ended before it listened: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return {
    port,
    pid: child.pid!,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** An Orthanc of one test, with its DICOMweb plugin; called title `ORTHANC`, everybody may send and query. */
export interface Orthanc extends RunningPeer {
  readonly dicomPort: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `<url>/dicom-web` */
  readonly dicomWebUrl: string;
}

/** Starts Orthanc with its data below `folder`. `settings` are merged into its configuration file. */
export async function startOrthanc(
  folder: string,
  settings: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Orthanc> {
  const port = await freePort();
  const dicomPort = await freePort();
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'orthanc.json');
  const configuration = {
    Name: 'peer',
    HttpPort: port,
    DicomPort: dicomPort,
    DicomAet: 'ORTHANC',
    StorageDirectory: path.join(folder, 'storage'),
    IndexDirectory: path.join(folder, 'index'),
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomAlwaysAllowEcho: true,
    DicomAlwaysAllowStore: true,
    DicomAlwaysAllowFind: true,
    Plugins: ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so'],
    DicomWeb: { Enable: true, Root: '/dicom-web/' },
    ...settings,
  };
  await writeFile(file, JSON.stringify(configuration));
  const peer = await startPeer('Orthanc', [file], port, { cwd: folder, env });
  const url = `http://127.0.0.1:${port}`;
  return { ...peer, dicomPort, url, dicomWebUrl: `${url}/dicom-web` };
}

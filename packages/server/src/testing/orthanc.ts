import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@photopeak/testing';

export interface Orthanc {
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly httpPort: number;
  get<T>(resource: string): Promise<T>;
  /** SOP Instance UIDs with how often each is there. */
  instances(): Promise<Map<string, number>>;
  /** Stores a file. */
  put(bytes: Uint8Array): Promise<void>;
  /** Names a peer to which it may send. */
  knows(aeTitle: string, port: number, host?: string): Promise<void>;
  /** The file of an instance. */
  file(sopInstanceUid: string): Promise<Uint8Array>;
  start(): Promise<void>;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  remove(): Promise<void>;
}

/** A real Orthanc with DICOMweb in a folder of its own; it can be stopped and started again, as a PACS is. */
export async function createOrthanc(
  options: {
    readonly dicomWebServers?: Readonly<Record<string, unknown>>;
    /** In a network of its own: what its command is put behind, and its address there. */
    readonly inside?: { readonly command: readonly string[]; readonly address: string };
  } = {},
): Promise<Orthanc> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-orthanc-'));
  const [dicomPort, httpPort] = [await freePort(), await freePort()];
  const configuration = {
    Name: 'PACS',
    DicomAet: 'ORTHANC',
    DicomPort: dicomPort,
    HttpPort: httpPort,
    StorageDirectory: folder,
    IndexDirectory: folder,
    RemoteAccessAllowed: options.inside !== undefined,
    AuthenticationEnabled: false,
    StorageCompression: false,
    Plugins: ['/usr/share/orthanc/plugins'],
    DicomWeb: { Enable: true, Root: '/dicom-web/', Servers: options.dicomWebServers ?? {} },
    DicomAlwaysAllowStore: true,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowGet: true,
    DicomAlwaysAllowMove: true,
    DicomCheckCalledAet: false,
    UnknownSopClassAccepted: true,
  };
  const file = path.join(folder, 'orthanc.json');
  await writeFile(file, JSON.stringify(configuration));
  let server: ChildProcess | undefined;
  const url = `http://${options.inside?.address ?? '127.0.0.1'}:${httpPort}`;

  async function get<T>(resource: string): Promise<T> {
    const response = await fetch(`${url}${resource}`);
    if (!response.ok) throw new Error(`Orthanc ${resource}: ${response.status}`);
    return (await response.json()) as T;
  }

  async function stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (server === undefined || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
    server = undefined;
  }

  return {
    aeTitle: 'ORTHANC',
    dicomPort,
    httpPort,
    get,
    async instances() {
      const found = await get<{ MainDicomTags: { SOPInstanceUID: string } }[]>('/instances?expand');
      const counts = new Map<string, number>();
      for (const { MainDicomTags } of found) {
        counts.set(MainDicomTags.SOPInstanceUID, (counts.get(MainDicomTags.SOPInstanceUID) ?? 0) + 1);
      }
      return counts;
    },
    async put(bytes) {
      const response = await fetch(`${url}/instances`, { method: 'POST', body: new Uint8Array(bytes) });
      if (!response.ok) throw new Error(`Orthanc refused an instance: ${response.status}`);
    },
    async knows(peer, port, host = '127.0.0.1') {
      const body = JSON.stringify({ AET: peer, Host: host, Port: port });
      const response = await fetch(`${url}/modalities/${peer}`, { method: 'PUT', body });
      if (!response.ok) throw new Error(`Orthanc refused a modality: ${response.status}`);
    },
    async file(sopInstanceUid) {
      const response = await fetch(`${url}/tools/lookup`, { method: 'POST', body: sopInstanceUid });
      const [found] = (await response.json()) as { ID: string }[];
      const bytes = await fetch(`${url}/instances/${found!.ID}/file`);
      return new Uint8Array(await bytes.arrayBuffer());
    },
    async start() {
      // TCP_NODELAY: dcmtk's default costs 40 ms an answer.
      const env = { ...process.env, TCP_NODELAY: '1' };
      const [program, ...args] = [...(options.inside?.command ?? []), 'Orthanc', file];
      server = spawn(program!, args, { stdio: 'ignore', env });
      for (;;) {
        if (server.exitCode !== null) throw new Error(`Orthanc ended with ${server.exitCode}`);
        try {
          await get('/system');
          return;
        } catch {
          await pause(100);
        }
      }
    },
    stop,
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseConfiguration } from '../config/index.ts';
import { type RunningNode, startNode } from '../node/index.ts';
import { createLogger } from '../operations/index.ts';
import { layCluster } from './cluster.ts';
import type { TestInstance } from './instances.ts';
import { testPipelines } from './test-pipelines.ts';

export async function temporaryFolder(name: string): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `photopeak-${name}-`));
  // As root the database runs under another account: it stays below this folder only if that account may enter.
  await chmod(folder, 0o755);
  return { path: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A node as a site would start it, on free ports, with the small pipeline. `yaml` is added to its configuration. */
export async function startTestNode(
  dataFolder: string,
  yaml: string,
  hosts: { readonly dicom: string; readonly http: string } = { dicom: '127.0.0.1', http: '127.0.0.1' },
): Promise<RunningNode> {
  const text = `
${/^dicom:/m.test(yaml) ? '' : `dicom: { port: 0, host: ${hosts.dicom} }`}
${/^http:/m.test(yaml) ? '' : `http: { port: 0, host: ${hosts.http} }`}
archive: { reserveMegabytes: 0 }
logging: { level: fatal }
${/^studies:/m.test(yaml) ? '' : 'studies: { quietSeconds: 3, afterAssociationSeconds: 0.2 }'}
${/^delivery:/m.test(yaml) ? '' : 'delivery: { firstPauseSeconds: 0.2, longestPauseSeconds: 1 }'}
${yaml}`;
  // A node that starts again finds its own; one with a database elsewhere needs none.
  const home = path.join(dataFolder, 'postgres');
  if (!existsSync(home) && !/^database:/m.test(yaml)) await layCluster(home);
  return startNode({
    configuration: parseConfiguration(text, 'test.yaml', {}),
    dataFolder,
    pipelinesModule: testPipelines,
    log: createLogger(process.env.PHOTOPEAK_TEST_LOG ?? 'fatal'),
  });
}

/** Waits until `probe` gives something; the test's own timeout ends it. */
export async function eventually<T>(probe: () => Promise<T | undefined | false | null>): Promise<T> {
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false && found !== null) return found;
    await pause(100);
  }
}

/** Writes instances as files for a sender. */
export async function writeInstances(folder: string, instances: readonly TestInstance[]): Promise<string[]> {
  const files: string[] = [];
  for (const [index, instance] of instances.entries()) {
    const file = path.join(folder, `${index}.dcm`);
    await writeFile(file, instance.bytes);
    files.push(file);
  }
  return files;
}

/** Runs a peer that talks to a node in this very process: waiting must not block it. */
export async function talk(
  program: string,
  args: readonly string[],
): Promise<{ status: number | null; output: string }> {
  const child = spawn(program, args, { env: { ...process.env, TCP_NODELAY: '1' } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Orthanc, startOrthanc } from '@photopeak/testing';
import { type Connection, connect, startEmbeddedPostgres } from '../../packages/server/src/database/index.ts';

const CLI = fileURLToPath(new URL('../../packages/photopeak/src/cli.ts', import.meta.url));

/** A node as a hospital runs it, its database and its PACS, each in processes of its own. */
export interface System {
  readonly database: Connection;
  readonly pacs: Orthanc;
  readonly dicomPort: number;
  readonly pids: { readonly node: number; readonly postgres: number; readonly orthanc: number };
  /** Whether the node still runs. */
  isAlive(): boolean;
  stop(): Promise<void>;
}

export async function startSystem(root: string, workers: number): Promise<System> {
  // As root the database runs under another account, which has to get in.
  await chmod(root, 0o755);
  await mkdir(path.join(root, 'database'), { mode: 0o755 });
  const postgres = await startEmbeddedPostgres(path.join(root, 'database'));
  const pacs = await startOrthanc(path.join(root, 'pacs'), {}, { TCP_NODELAY: '1' });
  const file = path.join(root, 'photopeak.yaml');
  await writeFile(
    file,
    `
http: { port: 0 }
dicom: { port: 0 }
database: { url: ${JSON.stringify(postgres.url)} }
logging: { level: error }
workflow: { workers: ${workers} }
destinations: [{ kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${pacs.dicomPort} }]
routes:
  - name: petct
    when: { modalities: [PT, CT] }
    run: { pipeline: petct-oncology }
    deliver: [{ to: pacs, send: results }]
  - name: onward
    when: { not: { modalities: [PT, CT] } }
    deliver: [{ to: pacs, send: originals }]
`,
  );
  const child = spawn(process.execPath, [CLI, 'serve', '--config', file, '--data', path.join(root, 'node')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const dicomPort = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      const found = /^DICOM .*:(\d+)$/m.exec(said);
      if (found !== null) resolve(Number(found[1]));
    });
    child.once('exit', (code) => reject(new Error(`the node ended with ${code}`)));
  });
  const database = connect(postgres.url, { size: 2 });
  return {
    database,
    pacs,
    dicomPort,
    pids: { node: child.pid!, postgres: postgres.pid, orthanc: pacs.pid },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      await database.close();
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await pacs.stop();
      await postgres.stop();
    },
  };
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { testInstance, testStudy } from '../testing/instances.ts';
import { modality } from '../testing/modality.ts';
import { eventually, temporaryFolder, writeInstances } from '../testing/node.ts';
import { freePort } from '../testing/orthanc.ts';

const entry = fileURLToPath(new URL('../testing/node-main.ts', import.meta.url));
const TOKEN = 'a-long-token-for-the-sender';
/** In names, identifiers, descriptions, and in the bytes of what cannot be read. */
const MARKS = ['Zebrafink', 'zebrafink', 'ZEBRAFINK', '19311111'];

it('no log of node, workers or database names a patient, whatever goes wrong', async () => {
  const folder = await temporaryFolder('logs');
  const [dicomPort, httpPort, closedPort] = [await freePort(), await freePort(), await freePort()];
  const yaml = `
dicom: { port: ${dicomPort} }
http: { port: ${httpPort} }
archive: { reserveMegabytes: 0 }
logging: { level: debug }
studies: { quietSeconds: 3, afterAssociationSeconds: 0.2 }
delivery: { firstPauseSeconds: 0.2, longestPauseSeconds: 1 }
security: { tokens: [{ name: sender, token: ${TOKEN}, roles: [technologist, reader] }] }
destinations: [{ kind: dimse, name: away, aeTitle: AWAY, host: 127.0.0.1, port: ${closedPort} }]
routes:
  - { name: count, when: { modalities: [CT, PT] }, run: { pipeline: counting }, deliver: [{ to: away, send: all }] }
  - { name: fails, when: { modalities: [CT] }, run: { pipeline: counting, parameters: { require: MR } } }`;
  const settings = JSON.stringify({ dataFolder: path.join(folder.path, 'data'), yaml });
  const node = fork(entry, [settings], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, PHOTOPEAK_TEST_LOG: 'debug' },
  });
  let log = '';
  node.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  node.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  try {
    await once(node, 'message');
    const named = { patientName: 'Zebrafink^Marked', description: 'PET of Zebrafink' };
    const study = testStudy('zebrafink', 2).map((_, index) =>
      testInstance({
        study: 'zebrafink',
        modality: index < 2 ? 'CT' : 'PT',
        number: (index % 2) + 1,
        ...named,
      }),
    );
    const other = testInstance({ study: 'zebrafink', number: 1, fill: 7, ...named });
    await mkdir(path.join(folder.path, 'sent'));
    const files = await writeInstances(path.join(folder.path, 'sent'), [...study, other]);
    const scanner = await modality({ host: '127.0.0.1', port: dicomPort });
    for (const file of files) await scanner.store(file);
    // Cut in its header, behind the name.
    const whole = await readFile(files[0]!);
    const cut = path.join(folder.path, 'cut.dcm');
    await writeFile(cut, whole.subarray(0, whole.indexOf('Zebrafink') + 30));
    expect(await scanner.store(cut)).not.toBe(0);
    await scanner.release();
    const ask = (where: string, init: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${httpPort}${where}`, {
        ...init,
        headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      });
    expect((await ask('/dicom-web/studies?PatientName=Zebrafink*')).status).toBe(200);
    await ask('/dicom-web/studies?PatientName=Zebrafink&PatientBirthDate=19311111');
    await ask('/dicom-web/studies?PatientName=Zebrafink&limit=Zebrafink');
    await ask('/api/studies/Zebrafink');
    await ask('/api/session', { method: 'POST', body: '{"username":"zebrafink","password":"Zebrafink"}' });
    // The route that fails and the destination that is away have been tried.
    await eventually(async () => log.includes('COUNTING_MODALITY_MISSING'));
    await eventually(async () => {
      const page = await ask('/api/deliveries');
      const { entries } = (await page.json()) as { entries: { attempts: number }[] };
      return entries.some(({ attempts }) => attempts > 1);
    });
  } finally {
    const ended = once(node, 'exit');
    node.kill('SIGTERM');
    await ended;
  }
  const database = await readFile(path.join(folder.path, 'data/postgres/postgres.log'), 'utf8');
  await folder.remove();
  expect(log).toContain('INTAKE_UNREADABLE');
  expect(log).toContain('quarantine');
  for (const mark of MARKS) {
    expect(log.split('\n').filter((line) => line.includes(mark))).toEqual([]);
    expect(database).not.toContain(mark);
  }
  // Every line is structured; what the workflow engine prints itself is not.
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('time');
  expect(lines.length).toBeGreaterThan(3);
});

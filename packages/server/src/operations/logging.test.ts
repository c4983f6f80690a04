import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, nextMessage } from '@photopeak/testing';
import { expect, it } from 'vitest';
import { createMllpClient } from '../hl7/index.ts';
import { testInstance, testStudy } from '../testing/instances.ts';
import { modality } from '../testing/modality.ts';
import { eventually, temporaryFolder, writeInstances } from '../testing/node.ts';

const entry = fileURLToPath(new URL('../testing/node-main.ts', import.meta.url));
const TOKEN = 'a-long-token-for-the-sender';
/** What is no message gets no answer. */
const NO_ANSWER_MS = 5000;
/** In names, identifiers, descriptions, and in the bytes of what cannot be read. */
const MARKS = ['Zebrafink', 'zebrafink', 'ZEBRAFINK', '19311111'];

it('no log of node, workers or database names a patient, whatever goes wrong', async () => {
  const folder = await temporaryFolder('logs');
  const [dicomPort, httpPort, closedPort] = [await freePort(), await freePort(), await freePort()];
  const hl7Port = await freePort();
  const inbox = path.join(folder.path, 'inbox');
  await mkdir(inbox);
  const yaml = `
dicom: { port: ${dicomPort} }
http: { port: ${httpPort} }
hl7: { enabled: true, port: ${hl7Port} }
sources: [{ kind: folder, name: inbox, path: ${inbox} }]
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
  const answers: string[] = [];
  node.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  node.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  try {
    await nextMessage(node).catch((cause) => {
      throw new Error(`the node was not ready: ${log}`, { cause });
    });
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
    // Answers to what is refused go to whoever asked, and into logs of others.
    const refused = async (where: string, type: string, body: Uint8Array | string) => {
      const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': type };
      const response = await fetch(`http://127.0.0.1:${httpPort}${where}`, { method: 'POST', headers, body });
      const text = await response.text();
      expect(response.status, text).toBeGreaterThanOrEqual(400);
      answers.push(text);
    };
    const multipart = 'multipart/related; type="application/dicom"; boundary=b';
    const part = Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n');
    const half = await readFile(cut);
    await refused('/dicom-web/studies', multipart, Buffer.concat([part, half, Buffer.from('\r\n--b--\r\n')]));
    await refused('/dicom-web/studies', multipart, Buffer.concat([part, half]));
    await refused('/dicom-web/studies', multipart, '--b\r\nZebrafink: 19311111\r\n--b--\r\n');
    const marked = (vr: string, value: unknown) => ({ vr, Value: [value] });
    const item = {
      '00100010': marked('PN', { Alphabetic: 'Zebrafink' }),
      '00100030': marked('DA', '19311111'),
    };
    await refused('/dicom-web/workitems', 'application/dicom+json', JSON.stringify(item));
    await refused('/dicom-web/workitems', 'application/dicom+json', '{"00100010": Zebrafink');
    const hl7 = createMllpClient({ host: '127.0.0.1', port: hl7Port, timeoutMs: NO_ANSWER_MS });
    const head = (type: string) => `MSH|^~\\&|RIS|H|PHOTOPEAK||20261123||${type}|Q1|P|2.5`;
    const person = 'PID|||ZEBRAFINK-1^^^H||Zebrafink^Marked||19311111|F';
    for (const message of [
      `${head('ADT^A99')}\r${person}\r`,
      `${head('ORM^O01')}\r${person}\rORC|NW|Zebrafink\r`,
      `${head('ADT^A40^ADT_A39')}\r${person}\r`,
      `${head('ADT^A08')}\rPID|||||Zebrafink^Marked||19311111\r`,
      `${head('ORU^R01')}\rOBX|Zebrafink\r`,
      `PID|||ZEBRAFINK-1||Zebrafink\r`,
    ]) {
      const answer = await hl7
        .exchange(Buffer.from(message, 'latin1'), () => true)
        .catch(() => new Uint8Array());
      answers.push(Buffer.from(answer).toString('latin1'));
    }
    hl7.close();
    expect(answers.filter((answer) => /MSA\|A[ER]/.test(answer)).length).toBeGreaterThan(1);
    // The folder: what cannot be read, and another data set under a UID that is taken.
    await writeFile(path.join(inbox, 'cut.dcm'), half);
    const third = testInstance({ study: 'zebrafink', number: 1, fill: 9, ...named });
    await writeFile(path.join(inbox, 'other.dcm'), third.bytes);
    await eventually(async () => log.includes('watched folder'));
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
    expect(answers.filter((answer) => answer.includes(mark))).toEqual([]);
    expect(database).not.toContain(mark);
  }
  // Every line is structured; what the workflow engine prints itself is not.
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('time');
  expect(lines.length).toBeGreaterThan(3);
});

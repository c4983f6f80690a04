import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { Dataset, UID, uidFrom, writePart10 } from '@photopeak/dicom';
import { parseConfiguration, type RunningNode, startNode } from '@photopeak/server';
import { describeWithPeers } from '@photopeak/testing';
import { launchBrowser, SignInPage, WorklistPage } from '@photopeak/workspace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';
import { nodeFolder } from './testing/node-folder.ts';

const PATIENCE_MS = 120_000;

/** The administrator in a browser, on a real node: patients that the hospital merged, and a destination that is away. */
describeWithPeers('the pages of the administrator', ['chromium'], () => {
  let folder = '';
  let node: RunningNode;
  beforeAll(async () => {
    folder = await nodeFolder('administration');
    const text = `
node: { name: nuclear-1 }
http: { port: 0 }
dicom: { enabled: false }
hl7: { enabled: true, port: 0 }
logging: { level: error }
workflow: { workers: 0 }
archive: { reserveMegabytes: 0 }
studies: { quietSeconds: 1, afterAssociationSeconds: 0 }
delivery: { attempts: 1 }
alerts: { everySeconds: 0.3 }
destinations: [{ kind: folder, name: share, path: ${folder}/share }]
routes: [{ name: copy, deliver: [{ to: share, send: originals }] }]
`;
    node = await startNode({
      configuration: parseConfiguration(text, 'test', {}),
      dataFolder: path.join(folder, 'node'),
      workspaceFolder: WORKSPACE_FOLDER,
    });
  }, PATIENCE_MS);
  afterAll(async () => {
    await node?.close();
    await rm(folder, { recursive: true, force: true });
  }, PATIENCE_MS);

  const shownAs = async () =>
    (await node.context.db.selectFrom('study').select('patient_id').executeTakeFirstOrThrow()).patient_id;

  it(
    'show what HL7 changed and take it back in order, and what is wrong until it is acknowledged',
    async () => {
      const study = await receiveOne(node);
      await tell(node, 'A40^ADT_A39', 'NEW', 'MRG|OLD^^^HOSP^MR');
      await tell(node, 'A47^ADT_A30', 'NEWER', 'MRG|NEW^^^HOSP^MR');
      expect(await shownAs()).toBe('NEWER');
      const browser = await launchBrowser();
      try {
        const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
        const page = await context.newPage();
        const signIn = new SignInPage(page, node.url);
        await signIn.follow(node.signInToken ?? '');
        await signIn.setPassword('an administrator looks after it');
        await new WorklistPage(page).wait();
        await page.getByText('1 instance not delivered to share').waitFor();
        const look = async (name: string) => {
          const { violations } = await new AxeBuilder({ page }).analyze();
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
          if (process.env.PHOTOPEAK_PICTURES === undefined) return;
          await page.screenshot({ path: path.join(process.env.PHOTOPEAK_PICTURES, `${name}.png`) });
        };
        await look('worklist');

        await page.getByRole('link', { name: 'Patients' }).click();
        const [changed, merged] = [2, 1].map((id) => page.getByRole('listitem', { name: `Change ${id}` }));
        await merged!.getByText('Undo change 2 first').waitFor();
        await merged!.getByText('OLD (HOSP) is the same patient as NEW (HOSP)').waitFor();
        await look('patients');
        const undo = async (change: typeof merged) => {
          await change!.getByRole('button', { name: 'Undo…' }).click();
          await change!.getByRole('button', { name: 'Undo this change' }).click();
          await change!.getByText(/^Undone .* by Administrator$/).waitFor();
        };
        await undo(changed);
        expect(await shownAs()).toBe('NEW');
        await undo(merged);
        expect(await shownAs()).toBe('OLD');

        await page.getByRole('navigation').getByRole('link', { name: 'System' }).click();
        await page.getByText('1 delivery-failed').waitFor();
        await look('system');
        await page.getByRole('button', { name: 'Acknowledge' }).click();
        await page.getByText('Acknowledged', { exact: true }).waitFor();
        await page.getByText('none open').waitFor();

        for (const name of ['Deliveries', 'Routes']) {
          await page.getByRole('navigation').getByRole('link', { name }).click();
          await page.getByRole('heading', { name: new RegExp(name) }).waitFor();
          await page.waitForTimeout(500);
          await look(name.toLowerCase());
        }
        expect(study).toBeDefined();
      } finally {
        await browser.close();
      }
    },
    PATIENCE_MS,
  );
});

async function receiveOne({ context }: RunningNode): Promise<string> {
  const session = context.sink.open({ kind: 'folder', folder: 'test' });
  const study = uidFrom('administration test', 'study');
  const dataset = Dataset.of({
    SOPClassUID: UID.CTImageStorage,
    SOPInstanceUID: uidFrom('administration test', 'instance'),
    StudyInstanceUID: study,
    SeriesInstanceUID: uidFrom('administration test', 'series'),
    StudyDate: '20260301',
    StudyDescription: 'CT thorax',
    Modality: 'CT',
    InstanceNumber: 1,
    PatientName: 'Curie^Marie',
    PatientID: 'OLD',
  });
  const file = await session.begin();
  await file.write([writePart10({ dataset })]);
  await file.commit();
  await session.close('complete');
  return study;
}

let messages = 0;

/** Sends an ADT message by MLLP and expects that it is acted on. */
async function tell({ hl7 }: RunningNode, event: string, patient: string, merge: string): Promise<void> {
  const text = [
    `MSH|^~\\&|RIS|HOSP|PHOTOPEAK|NM|20261123101500||ADT^${event}|A${++messages}|P|2.5.1`,
    `PID|1||${patient}^^^HOSP^MR||Curie^Marie||18671107|F`,
    merge,
  ].join('\r');
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(hl7!.port, hl7!.host, () => socket.write(`\x0b${text}\x1c\r`));
    let received = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      if (!received.includes('\x1c\r')) return;
      socket.destroy();
      resolve(received);
    });
  });
  expect(answer).toMatch(/\rMSA\|AA\|/);
}

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Dataset, writePart10 } from '@photopeak/dicom';
import { describeWithPeers, freePort, type RunningPeer, startPeer } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfiguration } from '../config/index.ts';
import { parseMessage } from '../hl7/index.ts';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import { applyOrder } from './apply-order.ts';
import { expectedStudies } from './list.ts';
import { readOrders } from './read-order.ts';
import { pollWorklist } from './worklist.ts';

const NOW = new Date();
const TODAY = `${NOW.getFullYear()}${String(NOW.getMonth() + 1).padStart(2, '0')}${String(NOW.getDate()).padStart(2, '0')}`;

function entry(accession: string, date: string, reason: string): Uint8Array {
  const dataset = Dataset.of({
    SOPClassUID: '1.2.276.0.7230010.3.1.0.1',
    SOPInstanceUID: `2.25.72${accession.slice(1)}`,
    SpecificCharacterSet: 'ISO_IR 192',
    PatientID: 'W1',
    PatientName: 'Müller^Jürgen',
    AccessionNumber: accession,
    StudyInstanceUID: `2.25.${accession.slice(1)}`,
    RequestedProcedureID: 'R8',
    RequestedProcedureDescription: 'PET whole body',
    RequestedProcedurePriority: 'STAT',
    ReasonForTheRequestedProcedure: reason,
    PatientWeight: 82,
    ScheduledProcedureStepSequence: [
      Dataset.of({
        ScheduledStationAETitle: 'PET1',
        ScheduledProcedureStepStartDate: date,
        ScheduledProcedureStepStartTime: '1015',
        Modality: 'PT',
        ScheduledProcedureStepID: 'S8',
        ScheduledProcedureStepDescription: 'PET',
      }),
    ],
  });
  return writePart10({ dataset });
}

describeWithPeers('a modality worklist', ['wlmscpfs'], () => {
  let database: TestDatabase;
  let peer: RunningPeer;
  const configuration = (port: number) =>
    parseConfiguration(`
worklists: [{ name: ris, aeTitle: RIS, host: 127.0.0.1, port: ${port}, modalities: [PT] }]
protocolSuggestions: [{ name: lymphoma, when: { reason: lymphoma }, suggest: { text: Vertex to thigh } }]
`);
  let port: number;

  beforeAll(async () => {
    database = await startTestDatabase();
    const folder = path.join(database.folder, 'worklist/RIS');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'lockfile'), '');
    await writeFile(path.join(folder, '1.wl'), entry('A1', TODAY, 'lymphoma'));
    await writeFile(path.join(folder, '2.wl'), entry('A2', '20200101', 'long ago'));
    port = await freePort();
    peer = await startPeer('wlmscpfs', ['-dfp', path.dirname(folder), String(port)], port);
  });
  afterAll(async () => {
    await peer?.stop('SIGKILL');
    await database?.stop();
  });

  const poll = () => {
    const settings = configuration(port);
    return pollWorklist(
      { db: database.db, configuration: settings },
      settings.worklists[0]!,
      NOW,
      AbortSignal.timeout(20_000),
    );
  };

  it('of dcmtk gives the orders of today, with the suggested protocol', async () => {
    expect(await poll()).toBe(1);
    const { orders } = await expectedStudies(database.db);
    expect(orders).toMatchObject([
      {
        patientName: 'Müller^Jürgen',
        accessionNumber: 'A1',
        studyInstanceUid: '2.25.1',
        modality: 'PT',
        reason: 'lymphoma',
        priority: 'urgent',
        suggestions: [{ rule: 'lymphoma', text: 'Vertex to thigh' }],
      },
    ]);
  });

  it('asked again changes nothing and writes nothing down', async () => {
    const audit = () => database.db.selectFrom('audit').select('sequence').execute();
    const before = await audit();
    await poll();
    expect(await audit()).toHaveLength(before.length);
  });

  it('does not take back what a message told', async () => {
    const text = [
      'MSH|^~\\&|RIS|H|||20261123101500||OMI^O23|1|P|2.5.1',
      'PID|1||W1||Müller^Jürgen',
      'ORC|XO|P1|F1',
      `OBR|1|P1|F1|PET^PET${'|'.repeat(27)}^restaging`,
      'IPC|A1|R8|2.25.1|S8|PT',
    ].join('\r');
    for (const request of readOrders(parseMessage(text))) {
      await database.db
        .transaction()
        .execute((transaction) =>
          applyOrder(transaction, request, { source: 'hl7', writtenAt: new Date(), rules: [] }),
        );
    }
    const reasonOf = async () => (await expectedStudies(database.db)).orders.map((order) => order.reason);
    expect(await reasonOf()).toEqual(['restaging']);
    await poll();
    expect(await reasonOf()).toEqual(['restaging']);
  });
});

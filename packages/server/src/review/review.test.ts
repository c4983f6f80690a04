import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePart10, readMeasurementReport } from '@photopeak/dicom';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Decisions, type RunDetail, type Signature, StudyDetail } from '../api/contract.ts';
import { createAccount } from '../governance/index.ts';
import type { RunningNode } from '../node/index.ts';
import { testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';
import { takeIn } from '../testing/take-in.ts';

const PASSWORD = 'a long enough password';

describeWithPeers('the reader decides and signs', ['Orthanc', 'dciodvfy', 'dsrdump'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let orthanc: Orthanc;
  let node: RunningNode;
  let cookie = '';
  let run: RunDetail;
  const study = testStudy('review', 2);
  const uid = study[0]!.study;

  beforeAll(async () => {
    folder = await temporaryFolder('review');
    orthanc = await createOrthanc();
    await orthanc.start();
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
node: { institution: 'General Hospital' }
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort} }
routes:
  - name: report
    when: { modalities: [CT, PT] }
    run: { pipeline: counting, parameters: { findings: 3 } }
    deliver: [pacs]`,
    );
    await takeIn(node.context.sink, study);
    const { token } = await createAccount(
      node.context.db,
      { username: 'mira', name: 'Mira Reader', roles: ['reader'] },
      'test',
    );
    await call('POST', '/api/session', { token });
    await call('PUT', '/api/session/password', { next: PASSWORD });
    run = await eventually(async () => {
      const answer = await call('GET', `/api/studies/${uid}`);
      if (answer.status !== 200) return undefined;
      const [newest] = StudyDetail.parse(await answer.json()).runs;
      return newest?.state === 'delivered' && newest;
    });
  });
  afterAll(async () => {
    await node?.close();
    await orthanc?.remove();
    await folder?.remove();
  });

  async function call(method: string, at: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${node.url}${at}`, {
      method,
      headers: {
        Origin: node.url,
        Cookie: cookie,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return response;
  }

  const decide = (body: unknown) => call('POST', `/api/runs/${run.id}/decisions`, body);

  it('sees the findings of the report, undecided', () => {
    expect(run.review).toBe('draft');
    expect(run.findings.map((finding) => [finding.name, finding.site])).toEqual([
      ['Lesion 1', 'Lung'],
      ['Lesion 2', 'Lung'],
      ['Lesion 3', 'Lung'],
    ]);
    expect(run.findings[1]!.measurements).toEqual([
      expect.objectContaining({ code: '126401', derivation: 'Maximum', value: 5, unit: 'g/ml{SUVbw}' }),
    ]);
    expect(run.undecided).toHaveLength(3);
  });

  it('cannot sign while findings are undecided, nor with a wrong password, nor decide on what is not there', async () => {
    const [first] = run.findings;
    expect((await decide({ findingId: first!.id, action: 'reject', comment: 'motion' })).status).toBe(200);
    const refused = await call('POST', `/api/runs/${run.id}/sign`, { password: PASSWORD });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({
      error: { code: 'REVIEW_INCOMPLETE', missing: [run.findings[1]!.id, run.findings[2]!.id] },
    });
    expect((await call('POST', `/api/runs/${run.id}/sign`, { password: 'wrong' })).status).toBe(403);
    expect((await decide({ findingId: '1.2.3', action: 'accept' })).status).toBe(404);
    expect((await decide({ findingId: first!.id, action: 'delete' })).status).toBe(400);
  });

  it('takes a decision back, once and for what exists, and remembers that it was there', async () => {
    const [, , third] = run.findings;
    const path = (id: string) => `/api/runs/${run.id}/decisions/${id}`;
    await decide({ findingId: third!.id, action: 'reject' });
    const after = (await (await call('DELETE', path(third!.id))).json()) as Decisions;
    expect(after.undecided).toContain(third!.id);
    expect(after.decisions.map(({ findingId }) => findingId)).not.toContain(third!.id);
    expect((await call('DELETE', path(third!.id))).status).toBe(200);
    expect((await call('DELETE', path('1.2.3'))).status).toBe(404);
    const kept = await node.context.db
      .selectFrom('decision')
      .select('action')
      .where('finding_id', '=', third!.id)
      .orderBy('id')
      .execute();
    expect(kept.map(({ action }) => action)).toEqual(['reject', 'take-back']);
  });

  it('signs: a new verified document with predecessor, delivered to the PACS, the draft untouched', async () => {
    const [, second] = run.findings;
    await decide({ findingId: second!.id, action: 'modify', name: 'Hilar node', site: 'Lymph node' });
    const rest = (await (await call('POST', `/api/runs/${run.id}/decisions/accept-all`)).json()) as Decisions;
    expect(rest.decisions.map((decision) => decision.action)).toEqual(['reject', 'modify', 'accept']);
    const answer = await call('POST', `/api/runs/${run.id}/sign`, { password: PASSWORD });
    expect(answer.status).toBe(200);
    const signature = (await answer.json()) as Signature;
    expect(signature.signedBy).toBe('Mira Reader');

    await eventually(async () => (await orthanc.instances()).has(signature.sopInstanceUid));
    const bytes = await orthanc.file(signature.sopInstanceUid);
    const { dataset } = parsePart10(bytes);
    const report = readMeasurementReport(dataset);
    expect(report).toMatchObject({ isVerified: true, completion: 'COMPLETE', isPreliminary: false });
    expect(report.verifications).toEqual([
      expect.objectContaining({ observerName: 'Reader^Mira', organization: 'General Hospital' }),
    ]);
    expect(report.predecessors.map((reference) => reference.sopInstanceUid)).toEqual([
      signature.predecessorSopInstanceUid,
    ]);
    expect(report.observers.map((observer) => observer.kind)).toEqual(['device', 'person']);
    expect(report.groups.map((group) => [group.trackingId, group.sites[0]?.site.meaning])).toEqual([
      ['Hilar node', 'Lymph node'],
      ['Lesion 3', 'Lung'],
    ]);
    const draft = parsePart10(await orthanc.file(signature.predecessorSopInstanceUid));
    expect(readMeasurementReport(draft.dataset)).toMatchObject({ isVerified: false, groups: { length: 3 } });

    const file = path.join(folder.path, 'signed.dcm');
    await mkdir(folder.path, { recursive: true });
    await writeFile(file, bytes);
    expect(runPeer('dciodvfy', ['-new', file]).output).not.toMatch(/^Error/m);
    expect(runPeer('dsrdump', ['+Pc', file])).toMatchObject({ status: 0 });
  });

  it('a signed report is closed, and the study says so', async () => {
    expect((await decide({ findingId: run.findings[2]!.id, action: 'reject' })).status).toBe(409);
    expect((await call('POST', `/api/runs/${run.id}/sign`, { password: PASSWORD })).status).toBe(409);
    const detail = StudyDetail.parse(await (await call('GET', `/api/studies/${uid}`)).json());
    expect(detail.entry.state).toBe('signed');
    expect(detail.runs[0]).toMatchObject({ review: 'signed', signature: { signedBy: 'Mira Reader' } });
    const { rows } = await node.context.connection.pool.query(
      'select entry from audit where entry like \'%"signature"%\'',
    );
    expect(rows).toHaveLength(1);
  });
});

import { parsePart10, toDicomJson } from '@photopeak/dicom';
import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../../node/index.ts';
import { testInstance, testStudy } from '../../testing/instances.ts';
import { startTestNode, temporaryFolder } from '../../testing/node.ts';
import { createOrthanc, type Orthanc } from '../../testing/orthanc.ts';
import { authorization, client, jsonOf, multipart, partsOf, TOKENS } from './test-kit.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let node: RunningNode;
const study = testStudy('dicomweb', 3);
const uid = study[0]!.study;

beforeAll(async () => {
  folder = await temporaryFolder('dicomweb');
  node = await startTestNode(
    `${folder.path}/data`,
    `
workflow: { workers: 0 }
${TOKENS}`,
  );
});
afterAll(async () => {
  await node?.close();
  await folder?.remove();
});

const { get, stow } = client(() => node.url);

describe('DICOMweb', () => {
  it('STOW-RS stores a study and names each instance; again is no error', async () => {
    const parts = study.map((instance) => instance.bytes);
    for (const round of [1, 2]) {
      const response = await stow(parts);
      expect([round, response.status]).toEqual([round, 200]);
      const body = await jsonOf(response);
      expect(body['00081199'].Value).toHaveLength(6);
      expect(body['00081190'].Value[0]).toBe(`${node.url}/dicom-web/studies/${uid}`);
    }
  });

  it('STOW-RS tells good from bad instances, and refuses another study, another type, a stranger', async () => {
    const good = testInstance({ study: 'mixed' });
    const mixed = await stow([good.bytes, new Uint8Array(2000).fill(7), good.bytes.subarray(0, 900)]);
    expect(mixed.status).toBe(202);
    const body = await jsonOf(mixed);
    expect(body['00081199'].Value).toHaveLength(1);
    expect(
      body['00081198'].Value.map((item: Record<string, { Value: number[] }>) => item['00081197']!.Value[0]),
    ).toEqual([0xc000, 0xc000]);
    expect((await stow([testInstance({ study: 'elsewhere' }).bytes], `/studies/${uid}`)).status).toBe(409);
    expect((await stow([good.bytes], '/studies', { Authorization: 'Bearer wrong' })).status).toBe(401);
    for (const type of [
      'application/dicom+json',
      'multipart/related; type="application/dicom+xml"; boundary=x',
    ]) {
      const refused = await fetch(`${node.url}/dicom-web/studies`, {
        method: 'POST',
        headers: { ...authorization, 'Content-Type': type },
        body: '[]',
      });
      expect([type, refused.status]).toEqual([type, 415]);
    }
    const cut = Buffer.from(multipart([good.bytes]).body.subarray(0, 700));
    const truncated = await fetch(`${node.url}/dicom-web/studies`, {
      method: 'POST',
      headers: { ...authorization, 'Content-Type': multipart([]).type },
      body: cut,
    });
    expect(truncated.status).toBe(400);
  });

  it('STOW-RS names the instance that it refuses, takes one alone, and puts one together from metadata', async () => {
    const other = testInstance({ study: 'a stranger' });
    const refused = await jsonOf(await stow([other.bytes], `/studies/${uid}`));
    expect(refused['00081198'].Value[0]['00081155'].Value).toEqual([other.sop]);
    expect(refused['00081198'].Value[0]['00081197'].Value).toEqual([0xa900]);

    const post = (type: string, body: Uint8Array, path = '/studies') =>
      fetch(`${node.url}/dicom-web${path}`, {
        method: 'POST',
        headers: { ...authorization, 'Content-Type': type },
        body: Buffer.from(body),
      });
    const alone = testInstance({ study: 'alone' });
    expect((await post('application/dicom', alone.bytes, `/studies/${alone.study}`)).status).toBe(200);

    const whole = testInstance({ study: 'composed', fill: 5 });
    const { dataset } = parsePart10(whole.bytes);
    const json = toDicomJson(dataset, { bulkDataUri: (at) => `bulk/${at}` });
    const broken = {
      ...json,
      '00080018': { vr: 'UI', Value: ['1.2.3'] },
      '7FE00010': { vr: 'OW', BulkDataURI: 'lost' },
    };
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Type: application/dicom+json\r\n\r\n'),
      Buffer.from(JSON.stringify([json, broken])),
      Buffer.from(
        '\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Location: bulk/7FE00010\r\n\r\n',
      ),
      dataset.bytes('PixelData')!,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const composed = await post('multipart/related; type="application/dicom+json"; boundary=b', body);
    expect(composed.status).toBe(202);
    expect((await jsonOf(composed))['00081198'].Value[0]['00081155'].Value).toEqual(['1.2.3']);
    const back = await get(`/studies/${whole.study}/series/${whole.series}/instances/${whole.sop}`, {
      Accept: 'application/dicom',
    });
    expect(toDicomJson(parsePart10(new Uint8Array(await back.arrayBuffer())).dataset)).toEqual(
      toDicomJson(dataset),
    );
  });

  it('deletes nothing', async () => {
    const refused = await fetch(`${node.url}/dicom-web/studies/${uid}`, {
      method: 'DELETE',
      headers: authorization,
    });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('QIDO-RS matches by value, wildcard, list and range; 204 when nothing matches', async () => {
    const studies = async (query: string) => {
      const response = await get(`/studies?${query}`);
      return response.status === 204
        ? []
        : ((await response.json()) as Record<string, { Value?: unknown[] }>[]);
    };
    const [found] = await studies(`StudyInstanceUID=${uid}`);
    expect(found!['00100010']!.Value).toEqual([{ Alphabetic: 'Curie^Marie' }]);
    expect(found!['00080061']!.Value).toEqual(['CT', 'PT']);
    expect(found!['00201208']!.Value).toEqual([6]);
    expect(await studies('PatientName=curie*&ModalitiesInStudy=PT')).toHaveLength(1);
    expect(await studies('00100020=ID-dicomweb')).toHaveLength(1);
    expect(await studies('StudyDate=20261101-20261130&limit=1')).toHaveLength(1);
    expect(await studies('StudyDate=20270101-')).toEqual([]);
    expect((await get('/studies?PatientID=nobody')).status).toBe(204);
    expect((await get('/studies?PatientID=%25')).status).toBe(204);
    expect((await get('/studies?limit=1')).headers.get('warning')).toMatch(/^299 /);
    expect((await get('/studies?PatientWeight=71')).status).toBe(400);
    const series = await (await get(`/studies/${uid}/series?Modality=PT`)).json();
    expect(series).toHaveLength(1);
    const instances = await jsonOf(
      await get(`/studies/${uid}/series/${study[0]!.series}/instances?offset=1`),
    );
    expect(instances.map((item: Record<string, { Value: unknown[] }>) => item['00200013']!.Value[0])).toEqual(
      [2, 3],
    );
  });

  it('WADO-RS gives back every byte, metadata and frames', async () => {
    const whole = await partsOf(await get(`/studies/${uid}`));
    expect(whole.map((part) => Buffer.from(part.bytes).toString('base64')).sort()).toEqual(
      study.map((instance) => Buffer.from(instance.bytes).toString('base64')).sort(),
    );
    expect(whole[0]!.type).toBe('application/dicom; transfer-syntax=1.2.840.10008.1.2.1');
    const one = `/studies/${uid}/series/${study[0]!.series}/instances/${study[0]!.sop}`;
    const single = await get(one, { Accept: 'application/dicom' });
    expect(Buffer.compare(Buffer.from(await single.arrayBuffer()), study[0]!.bytes)).toBe(0);

    const metadata = await jsonOf(await get(`/studies/${uid}/metadata`));
    expect(metadata).toHaveLength(6);
    expect(metadata[0]['00200032'].Value).toEqual([0, 0, 3]);
    expect(metadata[0]['7FE00010'].BulkDataURI).toContain('/bulkdata/7FE00010');
    const pixels = parsePart10(study[0]!.bytes).dataset.bytes('PixelData')!;
    const [frame] = await partsOf(await get(`${one}/frames/1`));
    expect(Buffer.compare(frame!.bytes, pixels)).toBe(0);
    const [bulk] = await partsOf(
      await fetch(metadata[0]['7FE00010'].BulkDataURI, { headers: authorization }),
    );
    expect(bulk!.bytes).toHaveLength(pixels.length);
    expect((await get(`${one}/frames/2`)).status).toBe(404);
    expect((await get(`${one}/frames/x`)).status).toBe(400);
    expect((await get('/studies/1.2.3')).status).toBe(404);
    expect((await fetch(`${node.url}/dicom-web/studies/${uid}`)).status).toBe(401);
  });
});

describeWithPeers('DICOMweb with Orthanc as the client', ['Orthanc'], () => {
  let orthanc: Orthanc;
  beforeAll(async () => {
    const server = { Url: `${node.url}/dicom-web`, HttpHeaders: authorization };
    orthanc = await createOrthanc({ dicomWebServers: { photopeak: server } });
    await orthanc.start();
  });
  afterAll(() => orthanc?.remove());

  const ask = async (what: string, body: unknown) => {
    const response = await fetch(`http://127.0.0.1:${orthanc.httpPort}/dicom-web/servers/photopeak/${what}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };

  it('Orthanc queries, retrieves and stores', async () => {
    await stow(study.map((instance) => instance.bytes));
    const found = await ask('get', { Uri: '/studies', Arguments: { PatientID: 'ID-dicomweb' } });
    expect(JSON.parse(found.text)).toHaveLength(1);
    expect(await ask('retrieve', { Resources: [{ Study: uid }], Synchronous: true })).toMatchObject({
      status: 200,
    });
    expect(new Set((await orthanc.instances()).keys())).toEqual(
      new Set(study.map((instance) => instance.sop)),
    );

    const other = testInstance({ study: 'from orthanc' });
    await fetch(`http://127.0.0.1:${orthanc.httpPort}/instances`, {
      method: 'POST',
      body: Buffer.from(other.bytes),
    });
    const [{ ID }] = (await (
      await fetch(`http://127.0.0.1:${orthanc.httpPort}/tools/lookup`, { method: 'POST', body: other.sop })
    ).json()) as [{ ID: string }];
    expect(await ask('stow', { Resources: [ID], Synchronous: true })).toMatchObject({ status: 200 });
    expect((await get(`/studies/${other.study}/metadata`)).status).toBe(200);
  });
});

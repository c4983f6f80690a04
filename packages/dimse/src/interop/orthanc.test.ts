import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describeWithPeers, freePort, type Orthanc, startOrthanc } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DimseServer, listen, receiveToFolder, sendFiles, storage, verification } from '../index.ts';
import { dataSetOf } from '../testing/folders.ts';
import { type WrittenInstance, writeInstances } from '../testing/instances.ts';

describeWithPeers('Orthanc', ['Orthanc'], () => {
  let root: string;
  let orthanc: Orthanc;
  let server: DimseServer;
  let received: string;
  let instances: WrittenInstance[];

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'dimse-orthanc-'));
    received = await mkdtemp(path.join(root, 'received-'));
    instances = await writeInstances(root, 20, { first: 8000, pixelBytes: 64 * 1024 });
    const receiver = await receiveToFolder(received);
    server = await listen({
      aeTitles: ['NODE'],
      peers: [{ aeTitle: 'ORTHANC', addresses: ['127.0.0.1'] }],
      port: await freePort(),
      services: [verification(), storage({ open: () => receiver })],
    });
    orthanc = await startOrthanc(path.join(root, 'orthanc'), {
      DicomModalities: { node: ['NODE', '127.0.0.1', server.port] },
    });
  });

  afterAll(async () => {
    await server.close(0);
    await orthanc.stop();
    await rm(root, { recursive: true, force: true });
  });

  const get = async (where: string) => fetch(`${orthanc.url}${where}`);
  const post = (where: string, body: unknown) =>
    fetch(`${orthanc.url}${where}`, { method: 'POST', body: JSON.stringify(body) });

  it('receives a series over several associations and holds the same bytes', async () => {
    const peer = {
      host: '127.0.0.1',
      port: orthanc.dicomPort,
      calledAeTitle: 'ORTHANC',
      callingAeTitle: 'NODE',
    };
    const results = [];
    for await (const { result } of sendFiles(
      peer,
      instances.map(({ file }) => file),
    ))
      results.push(result);
    expect(results).toEqual(instances.map(() => 'success'));
    const ids = (await (await get('/instances')).json()) as string[];
    expect(ids).toHaveLength(instances.length);
    const copy = path.join(root, 'copy.dcm');
    for (const id of ids) {
      await writeFile(copy, Buffer.from(await (await get(`/instances/${id}/file`)).arrayBuffer()));
      const { sopInstanceUid, dataSet } = await dataSetOf(copy);
      const sent = instances.find((instance) => instance.sopInstanceUid === sopInstanceUid);
      expect(dataSet.equals(sent!.dataSet)).toBe(true);
    }
  });

  it('pings us and sends back what it has, byte for byte', async () => {
    expect((await post('/modalities/node/echo', {})).status).toBe(200);
    const ids = (await (await get('/instances')).json()) as string[];
    const answer = await post('/modalities/node/store', { Resources: ids, Synchronous: true });
    expect(await answer.json()).toMatchObject({ FailedInstancesCount: 0, InstancesCount: instances.length });
    const files = (await readdir(received)).filter((name) => name.endsWith('.dcm'));
    expect(files).toHaveLength(instances.length);
    for (const { sopInstanceUid, dataSet } of instances) {
      const stored = await dataSetOf(path.join(received, `${sopInstanceUid}.dcm`));
      expect(stored.dataSet.equals(dataSet)).toBe(true);
      expect((await readFile(path.join(received, `${sopInstanceUid}.dcm`))).includes('ORTHANC')).toBe(true);
    }
  });
});

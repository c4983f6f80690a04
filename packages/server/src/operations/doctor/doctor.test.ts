import path from 'node:path';
import { describeWithPeers, freePort } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfiguration } from '../../config/index.ts';
import { diagnoseNode } from '../../index.ts';
import type { RunningNode } from '../../node/index.ts';
import { startTestNode, temporaryFolder } from '../../testing/node.ts';
import { createOrthanc, type Orthanc } from '../../testing/orthanc.ts';

describeWithPeers('a node is looked at', ['Orthanc'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let orthanc: Orthanc;
  let node: RunningNode | undefined;
  let yaml: string;

  beforeAll(async () => {
    folder = await temporaryFolder('doctor');
    orthanc = await createOrthanc();
    await orthanc.start();
    const [dicomPort, httpPort, closedPort] = [await freePort(), await freePort(), await freePort()];
    yaml = `
dicom: { port: ${dicomPort} }
http: { port: ${httpPort} }
sources: [{ kind: folder, name: import, path: ${JSON.stringify(path.join(folder.path, 'import'))} }]
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort} }
  - { kind: stow, name: web, url: "http://127.0.0.1:${orthanc.httpPort}/dicom-web" }
  - { kind: dimse, name: away, aeTitle: AWAY, host: 127.0.0.1, port: ${closedPort} }`;
  });
  afterAll(async () => {
    await node?.close();
    await orthanc?.remove();
    await folder?.remove();
  });

  const look = async () => {
    const configuration = parseConfiguration(yaml, 'test.yaml', {});
    const findings = await diagnoseNode({ configuration, dataFolder: path.join(folder.path, 'data') });
    return new Map(findings.map((finding) => [finding.name, finding]));
  };

  it('before its first start: what is free, who answers, what is missing and what to do', async () => {
    const found = await look();
    expect(found.get('data folder')).toMatchObject({ state: 'ok' });
    expect(found.get('database')).toMatchObject({ state: 'ok', found: expect.stringContaining('none yet') });
    expect(found.get('DICOM listener')).toMatchObject({ found: expect.stringContaining('is free') });
    expect(found.get('destination pacs')).toMatchObject({ state: 'ok' });
    expect(found.get('destination web')).toMatchObject({ state: 'ok' });
    expect(found.get('destination away')).toMatchObject({ state: 'problem', todo: expect.any(String) });
    expect(found.get('clock of web')).toMatchObject({ found: 'not told by its answers' });
    // A folder that shall be watched and is not there.
    expect(found.get('source import')).toMatchObject({ state: 'problem', todo: 'make the folder' });
  });

  it('while it runs: its own listeners, tables and backlog; another program on its port is told apart', async () => {
    node = await startTestNode(path.join(folder.path, 'data'), yaml.replace(/^dicom.*\nhttp.*$/m, ''));
    const { port } = node.dicom!;
    yaml += `\n  - { kind: stow, name: ours, url: "${node.url}/dicom-web" }`;
    const apart = await look();
    expect(apart.get('clock of ours')).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/^[01] s/),
    });
    expect(apart.get('destination ours')).toMatchObject({ state: 'problem', todo: expect.any(String) });
    expect(apart.get('DICOM listener')).toMatchObject({
      found: expect.stringContaining('no node is running'),
    });
    expect(apart.get('tables')).toMatchObject({ state: 'ok' });
    expect(apart.get('clock of the database')).toMatchObject({ state: 'ok' });
    expect(apart.get('deliveries')).toMatchObject({ state: 'ok', found: '0 given up, 0 waiting' });
    yaml = yaml.replace(/^dicom: .*$/m, `dicom: { port: ${port} }`);
    expect((await look()).get('DICOM listener')).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('another program listens'),
    });
    yaml = yaml.replace(/^http: .*$/m, `http: { port: ${new URL(node.url).port} }`);
    expect((await look()).get('DICOM listener')).toMatchObject({ state: 'ok' });
  });
});

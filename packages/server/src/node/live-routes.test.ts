import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Routes, RoutesTest } from '../api/contract.ts';
import { loadConfiguration } from '../config/index.ts';
import { type RunningNode, startNode } from '../index.ts';
import { createLogger } from '../operations/index.ts';
import { layCluster } from '../testing/cluster.ts';
import { testStudy } from '../testing/instances.ts';
import { eventually, temporaryFolder } from '../testing/node.ts';
import { takeIn } from '../testing/take-in.ts';
import { testPipelines } from '../testing/test-pipelines.ts';

const HEAD = `
dicom: { enabled: false }
http: { port: 0 }
archive: { reserveMegabytes: 0 }
workflow: { workers: 0 }
studies: { quietSeconds: 0.3, afterAssociationSeconds: 0.1 }
security: { tokens: [{ name: boss, token: a-long-token-for-the-boss, roles: [administrator] }] }
`;

describe('routes of a node that runs', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  const file = () => path.join(folder.path, 'photopeak.yaml');
  const study = testStudy('live', 2);
  const uid = study[0]!.study;

  async function start(): Promise<void> {
    node = await startNode({
      configuration: await loadConfiguration(file(), {}),
      configurationFile: file(),
      dataFolder: path.join(folder.path, 'data'),
      pipelinesModule: testPipelines,
      log: createLogger('fatal'),
    });
  }
  beforeAll(async () => {
    folder = await temporaryFolder('live-routes');
    await layCluster(path.join(folder.path, 'data', 'postgres'));
    await writeFile(
      file(),
      `${HEAD}routes:\n  - { name: first, when: { modalities: [MR] } } # of the file\n`,
    );
    await start();
  });
  afterAll(async () => {
    await node?.close();
    await folder?.remove();
  });

  async function call<T>(method: string, at: string, body?: unknown): Promise<{ status: number; body: T }> {
    const response = await fetch(`${node.url}/api/${at}`, {
      method,
      headers: {
        Authorization: 'Bearer a-long-token-for-the-boss',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  it('the administrator changes them: checked, tried, saved, taken back, audited', async () => {
    await takeIn(node.context.sink, study);
    const { body: before } = await call<Routes>('GET', 'routes');
    expect(before.text).toContain('# of the file');
    expect(before.versions.map(({ origin }) => origin)).toEqual(['file']);

    const wrong = 'routes:\n  - name: second\n    when: { attributes: { Modalty: CT } }\n';
    const checked = await call('POST', 'routes/check', { text: wrong });
    expect(checked.body).toMatchObject({
      problems: [{ line: 3, column: 27, message: expect.stringContaining('is Modality meant?') }],
    });
    expect((await call('POST', 'routes', { text: wrong, basedOn: before.version })).status).toBe(422);

    const text = wrong.replace('Modalty', 'Modality');
    const { body: tried } = await call<RoutesTest>('POST', 'routes/test', { text, studyInstanceUid: uid });
    expect(tried.routes).toMatchObject([
      { name: 'second', matches: true, traces: [{ found: ['CT', 'PT'] }] },
    ]);

    // A route that enhances tells of each series what it would do, and which rule said so.
    const enhancing = `routes:
  - name: enhance
    run:
      pipeline: enhancement
      parameters:
        rules:
          - { name: thick, when: { measures: { sliceThicknessMm: { above: 900 } } }, use: none }
          - { name: CT, when: { attributes: { Modality: CT } }, use: { method: median-filter } }
`;
    const plan = await call<RoutesTest>('POST', 'routes/test', { text: enhancing, studyInstanceUid: uid });
    const told = plan.body.routes[0]!.enhancement!;
    expect(told.find(({ modality }) => modality === 'CT')).toMatchObject({
      reason: expect.stringContaining('by the rule CT'),
      method: 'median-filter@1.0.0',
      rules: [
        { name: 'thick', holds: false, traces: [{ holds: false, text: 'sliceThicknessMm > 900' }] },
        { name: 'CT', holds: true },
      ],
    });
    expect(told.find(({ modality }) => modality === 'PT')).toMatchObject({
      method: null,
      reason: 'no rule holds for it',
    });
    expect(tried.routes[0]!.enhancement).toBeNull();

    const saved = await call<Routes>('POST', 'routes', { text, basedOn: before.version, note: 'CT too' });
    expect(saved).toMatchObject({ status: 201, body: { text, version: before.version + 1 } });
    expect(node.context.configuration.routes.map(({ name }) => name)).toEqual(['second']);
    expect((await call('POST', 'routes', { text: '', basedOn: before.version })).status).toBe(409);

    const { body: detail } = await call('GET', `routes/versions/${saved.body.version}`);
    expect(detail).toMatchObject({
      diff: expect.arrayContaining([{ kind: 'added', text: '  - name: second' }]),
    });
    const back = await call<Routes>('POST', `routes/versions/${before.version}/restore`);
    expect(back.body).toMatchObject({ text: before.text, version: before.version + 2 });
    const { body: audit } = await call<{ entries: { kind: string; detail: unknown }[] }>(
      'GET',
      'audit?limit=50',
    );
    const changes = audit.entries.filter(({ kind }) => kind === 'routes');
    expect(changes).toHaveLength(3);
    expect(changes[1]).toMatchObject({ actor: 'user:token:boss', detail: { added: expect.anything() } });
  });

  it('the file changes them while the node runs; one that cannot work changes nothing', async () => {
    await writeFile(
      file(),
      `${HEAD}destinations: [{ kind: dimse, name: pacs, aeTitle: PACS, host: localhost, port: 1 }]
routes: [{ name: third, deliver: [pacs] }]\n`,
    );
    await eventually(async () => node.context.configuration.routes[0]?.name === 'third');
    expect(node.context.configuration.destinations.map(({ name }) => name)).toEqual(['pacs']);
    await writeFile(file(), `${HEAD}routes: [{ name: fourth, run: { pipeline: none } }]\n`);
    const refused = await call('POST', 'configuration/reload');
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      error: {
        message: expect.stringMatching(/:8:\d+ routes\.0\.run\.pipeline: there is no pipeline "none"/),
      },
    });
    expect(node.context.configuration.routes[0]?.name).toBe('third');
    expect(node.context.configuration.destinations).toHaveLength(1);
  });

  it('so do senders, archives, pauses and tokens; what needs a restart is named', async () => {
    const inbox = path.join(folder.path, 'inbox');
    await mkdir(inbox);
    await writeFile(
      file(),
      `${HEAD.replace('quietSeconds: 0.3', 'quietSeconds: 0.4').replace('dicom: { enabled: false }', 'dicom: { enabled: false, aeTitle: OTHER }').replace('roles: [administrator] }]', 'roles: [administrator] }, { name: reader, token: a-long-token-for-a-reader, roles: [reader] }]')}
sources: [{ kind: folder, name: inbox, path: ${inbox} }]
archives: [{ kind: dicomweb, name: vna, url: 'http://127.0.0.1:9/dicom-web' }]
priors: [{ name: all, from: [vna] }]
hl7: { port: 2576, senders: [{ application: RIS }] }
routes: [{ name: third }]\n`,
    );
    const { body } = await call<{ applied: string[]; afterRestart: string[] }>(
      'POST',
      'configuration/reload',
    );
    expect(body.applied.sort()).toEqual([
      'archives',
      'destinations',
      'hl7.senders',
      'priors',
      'routes',
      'security.tokens',
      'sources',
      'studies',
    ]);
    expect(body.afterRestart.sort()).toEqual(['dicom.aeTitle', 'hl7.port']);
    const { configuration } = node.context;
    expect(configuration.dicom.aeTitle).toBe('PHOTOPEAK');
    expect(configuration.archives.map(({ name }) => name)).toEqual(['vna']);
    expect(configuration.hl7).toMatchObject({ port: 2575, senders: [{ application: 'RIS' }] });
    // The folder is watched, the token counts, the new pause as well, and nothing of this asked for a restart.
    const late = testStudy('live-inbox', 1)[0]!;
    await writeFile(path.join(inbox, 'one.dcm'), late.bytes);
    const arrived = () =>
      node.context.db
        .selectFrom('study')
        .select('state')
        .where('study_instance_uid', '=', late.study)
        .executeTakeFirst();
    await eventually(async () => (await arrived())?.state === 'complete');
    const session = await fetch(`${node.url}/api/studies/${late.study}`, {
      headers: { Authorization: 'Bearer a-long-token-for-a-reader' },
    });
    expect(session.status).toBe(200);
    // A token that was taken out of the file opens nothing any more.
    await writeFile(file(), `${HEAD}routes: [{ name: third }]\n`);
    await call('POST', 'configuration/reload');
    const refused = await fetch(`${node.url}/api/studies/${late.study}`, {
      headers: { Authorization: 'Bearer a-long-token-for-a-reader' },
    });
    expect(refused.status).toBe(401);
  });

  it('what the editor saved outlives a restart, until the file changes', async () => {
    await writeFile(file(), `${HEAD}routes: [{ name: fifth }]\n`);
    await eventually(async () => node.context.configuration.routes[0]?.name === 'fifth');
    const { id: version } = node.context.routes.current();
    await call('POST', 'routes', { text: 'routes: [{ name: sixth }]\n', basedOn: version });
    await node.close();
    await start();
    expect(node.context.configuration.routes[0]?.name).toBe('sixth');
    await node.close();
    await writeFile(file(), `${HEAD}routes: [{ name: seventh }]\n`);
    await start();
    expect(node.context.configuration.routes[0]?.name).toBe('seventh');
  });
});

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type DimseServer, listen, storage } from '@photopeak/dimse';
import {
  createAuthority,
  describeWithPeers,
  freePort,
  startPeer,
  type TestAuthority,
  type TestCertificate,
} from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfiguration, parseConfiguration } from '../config/index.ts';
import { checkCertificates } from '../operations/index.ts';
import { testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, talk, temporaryFolder, writeInstances } from '../testing/node.ts';
import type { RunningNode } from './index.ts';

describeWithPeers('a node that speaks DICOM over TLS', ['openssl', 'storescu', 'storescp', 'echoscu'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  let hospital: TestAuthority;
  let own: TestCertificate;
  let scanner: TestCertificate;
  let stranger: TestCertificate;
  let storescp: Awaited<ReturnType<typeof startPeer>>;
  let vna: DimseServer;
  const names: string[] = [];
  const at = (name: string) => path.join(folder.path, name);

  beforeAll(async () => {
    folder = await temporaryFolder('dicom-tls');
    await mkdir(at('pacs'));
    await mkdir(at('sent'));
    hospital = createAuthority(folder.path, 'hospital');
    own = hospital.issue('node');
    scanner = hospital.issue('scanner');
    stranger = createAuthority(folder.path, 'elsewhere').issue('stranger');
    const pacs = hospital.issue('pacs');
    const port = await freePort();
    const files = ['+tls', pacs.key, pacs.certificate, '+cf', hospital.certificate];
    storescp = await startPeer('storescp', [...files, '+B', '-od', at('pacs'), String(port)], port);
    vna = await listen({
      aeTitles: ['VNA'],
      peers: 'any',
      port: 0,
      tls: { key: await readFile(pacs.key), cert: await readFile(pacs.certificate) },
      async identify({ identity }) {
        names.push(
          `${identity?.type} ${Buffer.from(identity?.primary ?? []).toString()} ${Buffer.from(identity?.secondary ?? []).toString()}`,
        );
        return { isAccepted: true };
      },
      services: [storage({ open: () => ({ store: async () => ({ status: 0 }) }) })],
    });
    const client = `authorities: ${hospital.certificate}, certificate: ${own.certificate}, key: ${own.key}`;
    node = await startTestNode(
      at('data'),
      `
dicom:
  port: 0
  tls: { port: 0, certificate: ${own.certificate}, key: ${own.key}, authorities: ${hospital.certificate} }
destinations:
  - { kind: dimse, name: pacs, aeTitle: PACS, host: 127.0.0.1, port: ${port}, tls: { ${client} } }
  - kind: dimse
    name: vna
    aeTitle: VNA
    host: 127.0.0.1
    port: ${vna.port}
    tls: { authorities: ${hospital.certificate}, serverName: localhost }
    user: { username: photopeak, password: a secret of the test }
  - { kind: dimse, name: doubtful, aeTitle: VNA, host: 127.0.0.1, port: ${vna.port}, tls: { authorities: ${stranger.certificate} } }
routes:
  - { name: on, when: { modalities: [CT, PT] }, deliver: [{ to: pacs, send: all }, { to: vna, send: all }, { to: doubtful, send: all }] }`,
    );
  });
  afterAll(async () => {
    await node?.close();
    await storescp?.stop('SIGKILL');
    await vna?.close(0);
    await folder?.remove();
  });

  const say = (program: string, identity: readonly string[], port: number, files: readonly string[] = []) =>
    talk(program, [...identity, '-aec', 'PHOTOPEAK', '127.0.0.1', String(port), ...files]);
  const as = ({ key, certificate }: TestCertificate, authorities = hospital.certificate) => [
    ...['+tls', key, certificate, '+cf', authorities],
  ];

  it('takes from whom it knows, by TLS and plain, and passes on to peers that it knows', async () => {
    const study = testStudy('tls', 2);
    const files = await writeInstances(at('sent'), study);
    const { port, tlsPort } = node.dicom!;
    const sent = await say('storescu', as(scanner), tlsPort!, files.slice(0, 3));
    expect(sent).toMatchObject({ status: 0 });
    // The stricter profile of dcmtk (extended BCP 195) finds suites of ours, too.
    expect(await say('echoscu', [...as(scanner), '+px'], tlsPort!)).toMatchObject({ status: 0 });
    expect(await say('storescu', [], port, files.slice(3))).toMatchObject({ status: 0 });
    await eventually(async () => (await readdir(at('pacs'))).length === study.length);
    const states = await eventually(async () => {
      const rows = await node.context.db
        .selectFrom('outbox')
        .select(['destination', 'state', 'last_error'])
        .execute();
      const of = (name: string) => rows.filter(({ destination }) => destination === name);
      return (
        of('vna').every(({ state }) => state === 'acknowledged') && of('vna').length === 4 && of('doubtful')
      );
    });
    expect(new Set(names)).toEqual(new Set(['username-passcode photopeak a secret of the test']));
    // Its certificate is not of the authority that this destination names: nothing was sent there.
    await eventually(async () => states.length === 4 || undefined);
    expect(states.every(({ state }) => state !== 'acknowledged')).toBe(true);
  });

  it('refuses whoever shows no certificate or one of another authority, and is refused by who distrusts it', async () => {
    const { tlsPort } = node.dicom!;
    for (const identity of [
      ['+tla', '+cf', hospital.certificate],
      as(stranger),
      as(scanner, stranger.certificate),
      [],
    ]) {
      expect((await say('echoscu', [...identity, '-to', '5', '-ta', '5'], tlsPort!)).status).not.toBe(0);
    }
    expect(await say('echoscu', as(scanner), tlsPort!)).toMatchObject({ status: 0 });
  });

  it('does not start on files that are missing, mixed up or out of their time: line, column and code', async () => {
    const expired = hospital.issue('expired', -1);
    await writeFile(
      at('photopeak.yaml'),
      `dicom:
  tls: { certificate: ${at('none.pem')}, key: ${own.key}, clientCertificates: none }
worklists:
  - { name: mwl, aeTitle: MWL, host: mwl, port: 104, tls: { certificate: ${own.certificate}, key: ${scanner.key} } }
archives:
  - { kind: dimse, name: vna, aeTitle: VNA, host: vna, port: 104, tls: { certificate: ${expired.certificate}, key: ${expired.key} } }
destinations:
  - { kind: dimse, name: pacs, aeTitle: PACS, host: pacs, port: 104, tls: { authorities: ${own.key}, certificate: ${own.certificate} } }
`,
    );
    const error = await loadConfiguration(at('photopeak.yaml'), {}).catch((found: unknown) => found);
    const { problems } = error as { problems: string[] };
    const short = problems.map((text) =>
      text.replace(/^.*photopeak\.yaml:/, '').replaceAll(`${folder.path}/`, ''),
    );
    expect(short).toEqual([
      expect.stringMatching(
        /^2:\d+ dicom\.tls\.certificate: TLS_FILE_UNREADABLE: none\.pem cannot be read \(ENOENT\): check the path/,
      ),
      expect.stringMatching(/^8:\d+ destinations\.0\.tls\.authorities: TLS_FILE_INVALID: /),
      expect.stringMatching(
        /^8:\d+ destinations\.0\.tls\.certificate: TLS_FILE_MISSING: .*key is not given: name both, or neither$/,
      ),
      expect.stringMatching(/^4:\d+ worklists\.0\.tls\.key: TLS_KEY_MISMATCH: scanner\.key is not the key/),
      expect.stringMatching(/^6:\d+ archives\.0\.tls\.certificate: TLS_CERTIFICATE_EXPIRED: valid until /),
    ]);
    expect(() => parseConfiguration('dicom: { tls: { certificate: a, key: b } }')).toThrow(/1:.*authorities/);
  });

  it('is told by the doctor which certificates end soon', async () => {
    const soon = hospital.issue('soon', 20);
    const text = `dicom: { tls: { certificate: ${soon.certificate}, key: ${soon.key}, authorities: ${hospital.certificate} } }`;
    const findings = checkCertificates(parseConfiguration(text), new Date());
    expect(findings).toEqual([
      expect.objectContaining({ name: 'certificate dicom.tls.authorities', state: 'ok' }),
      expect.objectContaining({
        name: 'certificate dicom.tls.certificate',
        state: 'warning',
        found: expect.stringMatching(/CN=soon, valid until .* \(19 days\)/),
      }),
    ]);
  });
});

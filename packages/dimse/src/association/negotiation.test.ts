import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendFiles } from '../files/send-files.ts';
import { fromBytes } from '../message/data-source.ts';
import type { UserIdentity } from '../pdu/index.ts';
import { serviceContext } from '../services/contexts.ts';
import { storage } from '../services/storage.ts';
import { store } from '../services/store.ts';
import { ECHO_CONTEXT, echo, verification } from '../services/verification.ts';
import { CT, writeInstances } from '../testing/instances.ts';
import { TRANSFER_SYNTAX, VERIFICATION } from '../uids.ts';
import {
  type AssociationInfo,
  associate,
  type DimseServer,
  type DimseServerEvent,
  type DimseServerOptions,
  type IdentityClaim,
  listen,
  mayRequest,
  type Peer,
  type Service,
} from './index.ts';

let servers: DimseServer[];
let events: DimseServerEvent[];
beforeEach(() => {
  servers = [];
  events = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close(0)));
});

async function serve(options: Partial<DimseServerOptions> = {}): Promise<Peer> {
  const server = await listen({
    aeTitles: ['NODE'],
    peers: 'any',
    port: 0,
    services: [verification()],
    onEvent: (event) => events.push(event),
    ...options,
  });
  servers.push(server);
  return { host: '127.0.0.1', port: server.port, calledAeTitle: 'NODE', callingAeTitle: 'PEER' };
}

const opened = () =>
  events.flatMap((event): AssociationInfo[] => (event.kind === 'opened' ? [event.association] : []));

describe('user identity', () => {
  const identity = (type: UserIdentity['type'], primary: string, secondary = ''): UserIdentity => ({
    type,
    positiveResponseRequested: true,
    primary: Buffer.from(primary),
    secondary: Buffer.from(secondary),
  });

  it('is decided on by the server, which answers where that was asked for', async () => {
    const claims: IdentityClaim[] = [];
    const peer = await serve({
      async identify(claim) {
        claims.push(claim);
        const { identity } = claim;
        if (identity === undefined) return { isAccepted: false };
        const name = Buffer.from(identity.primary).toString();
        const code = Buffer.from(identity.secondary).toString();
        if (name === 'token') return { isAccepted: true, response: Buffer.from('ticket') };
        return name === 'reader' && code === 'secret' ? { isAccepted: true } : { isAccepted: false };
      },
    });
    const as = (userIdentity?: UserIdentity) =>
      associate(peer, { contexts: [ECHO_CONTEXT], ...(userIdentity === undefined ? {} : { userIdentity }) });
    const reader = await as(identity('username-passcode', 'reader', 'secret'));
    expect(reader.info.userIdentityResponse).toEqual(new Uint8Array(0));
    expect(await echo(reader)).toBe(0);
    await reader.release();
    const bearer = await as(identity('jwt', 'token'));
    expect(Buffer.from(bearer.info.userIdentityResponse!).toString()).toBe('ticket');
    await bearer.release();
    const silent = await as({ ...identity('kerberos', 'token'), positiveResponseRequested: false });
    expect(silent.info.userIdentityResponse).toBeUndefined();
    await silent.release();
    for (const wrong of [
      identity('username-passcode', 'reader', 'guess'),
      identity('username', 'x'),
      undefined,
    ]) {
      await expect(as(wrong)).rejects.toMatchObject({ code: 'DIMSE_REJECTED' });
    }
    expect(claims).toHaveLength(6);
    expect(claims[0]).toMatchObject({ callingAeTitle: 'PEER', remoteAddress: '127.0.0.1' });
    expect(opened()[0]?.userIdentity).toMatchObject({ type: 'username-passcode' });
  });

  it('that cannot be checked costs the association only', async () => {
    const peer = await serve({ identify: () => Promise.reject(new Error('directory is away')) });
    await expect(associate(peer, { contexts: [ECHO_CONTEXT] })).rejects.toMatchObject({
      code: 'DIMSE_ABORTED',
    });
    await expect
      .poll(() => events, { timeout: 30_000 })
      .toMatchObject([{ kind: 'problem', error: { found: 'directory is away' } }]);
    expect(servers[0]?.associations).toBe(0);
  });

  it('of a peer that goes while it is checked is nobody any more', async () => {
    let decide: (answer: { isAccepted: true }) => void = () => {};
    const peer = await serve({
      identify: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
    });
    const timeouts = { associationMs: 50 };
    await expect(associate({ ...peer, timeouts }, { contexts: [ECHO_CONTEXT] })).rejects.toMatchObject({
      code: 'DIMSE_TIMEOUT',
    });
    await expect.poll(() => events.length, { timeout: 30_000 }).toBeGreaterThan(0);
    decide({ isAccepted: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(opened()).toEqual([]);
    expect(servers[0]?.associations).toBe(0);
  });
});

describe('roles and extensions', () => {
  const OTHER = '1.2.840.10008.5.1.4.1.1.4';
  const sender: Service = {
    name: 'sender',
    commands: [],
    serves: () => false,
    uses: (uid) => uid === CT,
    choose: ({ transferSyntaxes }) => transferSyntaxes[0],
    open: () => ({ perform: async () => {} }),
  };

  it('are granted as the services want them, never more than was asked for', async () => {
    const peer = await serve({ services: [verification(), sender] });
    const association = await associate(peer, {
      contexts: [ECHO_CONTEXT, serviceContext(CT), serviceContext(OTHER)],
      roles: [
        { sopClassUid: CT, scu: true, scp: true },
        { sopClassUid: OTHER, scu: false, scp: true },
        { sopClassUid: VERIFICATION, scu: true, scp: false },
      ],
    });
    expect(association.info.roles).toEqual([
      { sopClassUid: CT, scu: false, scp: true },
      { sopClassUid: VERIFICATION, scu: true, scp: false },
    ]);
    expect(association.context(OTHER)).toBeUndefined();
    expect([CT, VERIFICATION].map((uid) => mayRequest(association.info, uid))).toEqual([false, true]);
    expect([CT, VERIFICATION].map((uid) => mayRequest(opened()[0]!, uid))).toEqual([true, false]);
    await association.release();
  });

  it('of a SOP class go to its service and back', async () => {
    const asked: Uint8Array[] = [];
    const service: Service = {
      ...verification(),
      extended(_uid, information) {
        asked.push(information);
        return new Uint8Array([1, 0, 1]);
      },
    };
    const peer = await serve({ services: [service] });
    const association = await associate(peer, {
      contexts: [ECHO_CONTEXT],
      extended: [{ sopClassUid: VERIFICATION, information: new Uint8Array([1, 1, 1]) }],
    });
    expect(asked).toEqual([new Uint8Array([1, 1, 1])]);
    expect(association.info.extended).toEqual([
      { sopClassUid: VERIFICATION, information: new Uint8Array([1, 0, 1]) },
    ]);
    await association.release();
  });

  it('tell of what kind an unknown SOP class is', async () => {
    const stored: string[] = [];
    const peer = await serve({
      services: [
        storage({
          acceptSopClass: (uid) => uid === CT,
          open: () => ({
            async store({ sopClassUid }) {
              stored.push(sopClassUid);
              return { status: 0 };
            },
          }),
        }),
      ],
    });
    const sopClassUid = '1.2.3.4.5';
    const transferSyntaxUid = TRANSFER_SYNTAX.explicitLittleEndian;
    const contexts = [serviceContext(sopClassUid)];
    const plain = await associate(peer, { contexts });
    expect(plain.info.contexts).toEqual([]);
    await plain.release();
    const association = await associate(peer, {
      contexts,
      commonExtended: [
        { sopClassUid, serviceClassUid: '1.2.840.10008.4.2', relatedGeneralSopClassUids: [CT] },
      ],
    });
    const instance = { sopClassUid, sopInstanceUid: '2.25.1', transferSyntaxUid };
    expect((await store(association, instance, fromBytes(Buffer.alloc(8)))).status).toBe(0);
    expect(stored).toEqual([sopClassUid]);
    await association.release();
  });
});

describe('asynchronous operations', () => {
  it('let several requests be performed at the same time, each answered by its own id', async () => {
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const peer = await serve({
      maxOperations: 3,
      services: [
        storage({
          open: () => ({
            async store({ sopInstanceUid, dataSet }) {
              for await (const _ of dataSet);
              running += 1;
              most = Math.max(most, running);
              if (running === 3) for (const go of release.splice(0).reverse()) go();
              else await new Promise<void>((resolve) => release.push(resolve));
              running -= 1;
              return { status: 0, comment: sopInstanceUid };
            },
          }),
        }),
      ],
    });
    const association = await associate(peer, { contexts: [serviceContext(CT)], window: 8 });
    expect(association.info.asynchronousOperations).toEqual({ invoked: 3, performed: 1 });
    const transferSyntaxUid = TRANSFER_SYNTAX.explicitLittleEndian;
    const uids = Array.from({ length: 9 }, (_, n) => `2.25.${n + 1}`);
    const answers = await Promise.all(
      uids.map((sopInstanceUid) =>
        store(
          association,
          { sopClassUid: CT, sopInstanceUid, transferSyntaxUid },
          fromBytes(Buffer.alloc(5000)),
        ),
      ),
    );
    expect(answers.map(({ comment }) => comment)).toEqual(uids);
    expect(most).toBe(3);
    await association.release();
  });
});

describe('sending over one association with a window', () => {
  it.each([
    ['as wide as the peer grants', 4, 4],
    ['of one, where the peer grants no more', 1, 1],
  ])('%s', async (_name, maxOperations, expected) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'dimse-window-'));
    let running = 0;
    let most = 0;
    const peer = await serve({
      maxOperations,
      services: [
        storage({
          open: () => ({
            async store({ dataSet }) {
              for await (const _ of dataSet);
              running += 1;
              most = Math.max(most, running);
              await new Promise((resolve) => setTimeout(resolve, 20));
              running -= 1;
              return { status: 0 };
            },
          }),
        }),
      ],
    });
    const files = (await writeInstances(folder, 12)).map(({ file }) => file);
    for await (const { result } of sendFiles(peer, files, { maxAssociations: 1, window: 8 })) {
      expect(result).toBe('success');
    }
    expect(most).toBe(expected);
    expect(opened()).toHaveLength(1);
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('presentation contexts', () => {
  it('are at most 128, and all of them can be used', async () => {
    const peer = await serve();
    const contexts = Array.from({ length: 128 }, (_, n) =>
      n === 127 ? ECHO_CONTEXT : serviceContext(`1.2.3.${n}`),
    );
    const association = await associate(peer, { contexts });
    expect(association.context(VERIFICATION)?.id).toBe(255);
    expect(await echo(association)).toBe(0);
    await association.release();
    await expect(associate(peer, { contexts: [...contexts, ECHO_CONTEXT] })).rejects.toMatchObject({
      code: 'DIMSE_ARGUMENT',
    });
  });
});

describeWithPeers('TLS by BCP 195', ['openssl'], () => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'dimse-tls-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function certificate(name: string) {
    const [key, cert] = [path.join(root, `${name}.key`), path.join(root, `${name}.pem`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const files = ['-keyout', key, '-out', cert, '-nodes', '-newkey', 'rsa:2048'];
    runPeer('openssl', ['req', '-x509', ...files, ...subject]);
    return { key: readFileSync(key), cert: readFileSync(cert) };
  }
  const node = certificate('node');
  const peerKeys = certificate('peer');
  const stranger = certificate('stranger');

  it('asks both sides for certificates and knows them', async () => {
    const fingerprint = new X509Certificate(peerKeys.cert).fingerprint256;
    const peer = await serve({
      tls: { ...node, ca: [peerKeys.cert, stranger.cert], requestCert: true },
      peers: [{ aeTitle: 'PEER', certificates: [fingerprint] }],
    });
    const as = (keys: object) =>
      associate({ ...peer, tls: { ca: node.cert, ...keys } }, { contexts: [ECHO_CONTEXT] });
    const association = await as(peerKeys);
    expect(await echo(association)).toBe(0);
    expect(association.info).toMatchObject({
      isEncrypted: true,
      peerCertificate: new X509Certificate(node.cert).fingerprint256,
    });
    expect(opened()[0]).toMatchObject({ isEncrypted: true, peerCertificate: fingerprint });
    await association.release();
    // Trusted, but not the one of this AE title.
    await expect(as(stranger)).rejects.toMatchObject({ code: 'DIMSE_REJECTED' });
    // No certificate: TLS 1.3 tells a client so only when it first reads.
    await expect(as({})).rejects.toMatchObject({ code: expect.stringMatching(/LOST|CONNECT_FAILED/) });
    const untrusting = associate({ ...peer, tls: peerKeys }, { contexts: [ECHO_CONTEXT] });
    await expect(untrusting).rejects.toMatchObject({ code: 'DIMSE_CONNECT_FAILED' });
  });

  it.each([
    ['the suites of PS3.15', 'TLSv1.2', 'DHE-RSA-AES128-GCM-SHA256', true],
    ['the suites of PS3.15', 'TLSv1.2', 'ECDHE-RSA-AES128-GCM-SHA256', true],
    ['the suites of PS3.15', 'TLSv1.2', 'DHE-RSA-AES256-GCM-SHA384', true],
    ['the suites of PS3.15', 'TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384', true],
    ['TLS 1.3', 'TLSv1.3', 'TLS_AES_128_GCM_SHA256', true],
    ['no forward secrecy', 'TLSv1.2', 'AES256-GCM-SHA384', false],
    ['no authenticated encryption', 'TLSv1.2', 'ECDHE-RSA-AES256-SHA384', false],
    ['TLS 1.1', 'TLSv1.1', 'DEFAULT@SECLEVEL=0', false],
  ] as const)('%s (%s, %s): %s', async (_name, version, ciphers, isAccepted) => {
    const peer = await serve({ tls: node });
    const outcome = await new Promise<string>((resolve) => {
      const versions = { minVersion: version, maxVersion: version };
      const socket = connectTls({ host: peer.host, port: peer.port, ca: node.cert, ciphers, ...versions });
      socket.on('secureConnect', () => {
        resolve(socket.getCipher().name);
        socket.destroy();
      });
      socket.on('error', () => resolve('refused'));
    });
    expect(outcome).toBe(isAccepted ? ciphers : 'refused');
  });

  it('cannot be talked down by its own configuration', async () => {
    await expect(serve({ tls: { ...node, minVersion: 'TLSv1.1' } })).rejects.toMatchObject({
      code: 'DIMSE_ARGUMENT',
    });
    const peer = await serve({ tls: node });
    const tls = { ca: node.cert, minVersion: 'TLSv1' as const };
    await expect(associate({ ...peer, tls }, { contexts: [ECHO_CONTEXT] })).rejects.toMatchObject({
      code: 'DIMSE_ARGUMENT',
    });
  });
});

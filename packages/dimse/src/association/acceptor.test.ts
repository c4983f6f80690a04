import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFileMeta } from '../files/file-meta.ts';
import { receiveToFolder } from '../files/receive-to-folder.ts';
import { type Command, decodeCommand } from '../message/command.ts';
import { encodePdu } from '../pdu/index.ts';
import { type StoreRequest, storage } from '../services/storage.ts';
import { ECHO_CONTEXT, verification } from '../services/verification.ts';
import { CT, dataSetBytes } from '../testing/instances.ts';
import { commandPdu, dataPdu, pings, RawPeer, requestPdu, USER } from '../testing/raw-peer.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { type DimseServer, type DimseServerEvent, type DimseServerOptions, listen } from './index.ts';

const SHORT = { artimMs: 150, stallMs: 150, idleMs: 300, associationMs: 150 };

let folder: string;
let events: DimseServerEvent[];
let servers: DimseServer[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dimse-'));
  events = [];
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close(0)));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<DimseServerOptions> = {}): Promise<DimseServer> {
  const receiver = await receiveToFolder(folder);
  const server = await listen({
    aeTitles: ['NODE'],
    peers: 'any',
    port: 0,
    services: [verification(), storage({ open: () => receiver })],
    onEvent: (event) => events.push(event),
    ...options,
  });
  servers.push(server);
  return server;
}

/** What is under a final name, and what is not yet. */
async function filesLeft() {
  const all = await readdir(folder, { recursive: true });
  return all.filter((name) => name !== '.incoming').sort();
}

/** Served within the short timeouts of these tests; a machine that is busy elsewhere may need another attempt. */
async function stillServes(server: DimseServer): Promise<void> {
  const peer = { host: '127.0.0.1', port: server.port, calledAeTitle: 'NODE', callingAeTitle: 'OTHER' };
  await until(() => pings(peer));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const storeRequest = (uid: string): Command => ({
  commandField: 1,
  affectedSopClassUid: CT,
  affectedSopInstanceUid: uid,
  messageId: 1,
  priority: 0,
  hasDataSet: true,
});

async function responseOf(peer: RawPeer): Promise<Command> {
  const { fragment } = await peer.expect('data');
  return decodeCommand(fragment.bytes);
}

describe('an acceptor and the peers of the field', () => {
  it.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\nHost: node\r\n\r\n')],
    ['4 GB in its association request', Buffer.from([1, 0, 0xff, 0xff, 0xff, 0xff, 0, 1])],
    ['data before the association', dataPdu(1, Buffer.alloc(10), true)],
    ['a release before the association', encodePdu({ kind: 'release-request' })],
    ['an accept instead of a request', Buffer.from([2, 0, 0, 0, 0, 4, 0, 1, 0, 0])],
  ])('aborts a peer that sends %s', async (_name, bytes) => {
    const server = await start({ timeouts: SHORT });
    const peer = await RawPeer.connect(server.port);
    peer.send(bytes);
    await peer.expect('abort');
    await peer.expect('closed');
    await stillServes(server);
  });

  it('aborts a peer whose command set never ends, however little it sends of it', async () => {
    const server = await start({ timeouts: SHORT });
    const peer = await RawPeer.associated(server.port);
    const nothing = dataPdu(1, Buffer.alloc(0), false);
    nothing[11] = 1;
    for (let n = 0; n < 2000; n += 1) peer.send(nothing);
    await peer.expect('abort');
    await peer.expect('closed');
    await until(() => events.some(({ kind }) => kind === 'problem'));
    expect(events.find(({ kind }) => kind === 'problem')).toMatchObject({
      error: { code: 'DIMSE_COMMAND_INVALID' },
    });
    await stillServes(server);
  });

  it.each([
    ['says nothing', Buffer.alloc(0)],
    ['stops in the middle of its request', requestPdu().subarray(0, 40)],
  ])('closes the connection of a peer that %s when ARTIM expires', async (_name, bytes) => {
    const server = await start({ timeouts: SHORT });
    const peer = await RawPeer.connect(server.port);
    peer.send(bytes);
    await peer.expect('closed');
    await stillServes(server);
  });

  it('aborts an association on which nothing happens', async () => {
    const server = await start({ timeouts: SHORT });
    const peer = await RawPeer.associated(server.port);
    await peer.expect('abort');
    await peer.expect('closed');
    await until(() => events.some((event) => event.kind === 'closed'));
    expect(events.find((event) => event.kind === 'closed')).toMatchObject({ end: 'lost' });
    expect(server.associations).toBe(0);
  });

  const halfFile = () => {
    const bytes = dataSetBytes('2.25.7', 20000);
    return [commandPdu(1, storeRequest('2.25.7')), dataPdu(1, bytes.subarray(0, 9000), false)];
  };

  it.each<[string, (peer: RawPeer) => void]>([
    ['dies', (peer) => peer.socket.resetAndDestroy()],
    ['closes', (peer) => peer.socket.end()],
    ['aborts', (peer) => peer.send(encodePdu({ kind: 'abort', source: 0, reason: 0 }))],
    ['stalls', () => {}],
    ['stalls inside a PDU', (peer) => peer.send(dataPdu(1, Buffer.alloc(5000), false).subarray(0, 2000))],
    ['sends garbage', (peer) => peer.send(Buffer.from('this is not DICOM'))],
    ['announces 4 GB', (peer) => peer.send(Buffer.from([4, 0, 0xff, 0xff, 0xff, 0xff, 0, 0]))],
    ['begins another message', (peer) => peer.send(commandPdu(1, storeRequest('2.25.8')))],
    ['changes the context', (peer) => peer.send(dataPdu(3, Buffer.alloc(10), true))],
    ['uses a context that was not accepted', (peer) => peer.send(dataPdu(99, Buffer.alloc(10), true))],
    ['asks for an association again', (peer) => peer.send(requestPdu())],
  ])('keeps nothing of a file whose sender %s in the middle', async (_name, act) => {
    const server = await start({ timeouts: SHORT });
    const peer = await RawPeer.associated(server.port);
    peer.send(...halfFile());
    await until(async () => (await filesLeft()).length === 1); // the temporary file
    act(peer);
    await until(() => events.some((event) => event.kind === 'closed'));
    await until(async () => (await filesLeft()).length === 0);
    expect(events.find((event) => event.kind === 'closed')).not.toMatchObject({ end: 'released' });
    expect(server.associations).toBe(0);
    await stillServes(server);
  });

  it('stores byte for byte, whatever the size of the pieces, and answers in one PDU', async () => {
    const server = await start();
    const peer = await RawPeer.associated(server.port);
    const dataSet = dataSetBytes('2.25.7', 20000);
    peer.send(commandPdu(1, storeRequest('2.25.7')));
    for (let at = 0; at < dataSet.length; at += 777) {
      peer.send(dataPdu(1, dataSet.subarray(at, at + 777), at + 777 >= dataSet.length));
    }
    const response = await responseOf(peer);
    expect(response).toMatchObject({ commandField: 0x8001, messageIdBeingRespondedTo: 1, status: 0 });
    const meta = encodeFileMeta({
      sopClassUid: CT,
      sopInstanceUid: '2.25.7',
      transferSyntaxUid: TRANSFER_SYNTAX.explicitLittleEndian,
      sourceAeTitle: 'PEER',
    });
    expect(await readFile(path.join(folder, '2.25.7.dcm'))).toEqual(Buffer.concat([meta, dataSet]));
    peer.send(encodePdu({ kind: 'release-request' }));
    await peer.expect('release-reply');
  });

  it('answers a release only after the request that came before it', async () => {
    let finish = () => {};
    const receiver = {
      async store({ dataSet }: StoreRequest) {
        for await (const _ of dataSet);
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return { status: 0xb000, comment: 'late' };
      },
    };
    const server = await start({ services: [storage({ open: () => receiver })] });
    const peer = await RawPeer.associated(server.port);
    peer.send(commandPdu(1, storeRequest('2.25.7')), dataPdu(1, Buffer.alloc(20), true));
    peer.send(encodePdu({ kind: 'release-request' }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    finish();
    expect(await responseOf(peer)).toMatchObject({ status: 0xb000, errorComment: 'late' });
    await peer.expect('release-reply');
  });

  it('answers requests that it cannot perform, and goes on', async () => {
    const server = await start();
    const peer = await RawPeer.associated(server.port);
    peer.send(commandPdu(1, { ...storeRequest('../../etc/passwd') }), dataPdu(1, Buffer.alloc(20), true));
    expect((await responseOf(peer)).status).toBe(0x0117);
    peer.send(commandPdu(1, { ...storeRequest('2.25.7'), affectedSopClassUid: 'x' }));
    peer.send(dataPdu(1, Buffer.alloc(20), true));
    expect((await responseOf(peer)).status).toBe(0x0118);
    peer.send(commandPdu(1, { ...storeRequest('2.25.7'), hasDataSet: false }));
    expect((await responseOf(peer)).status).toBe(0xc000);
    peer.send(commandPdu(1, { ...storeRequest('2.25.7'), commandField: 0x20, hasDataSet: false }));
    expect(await responseOf(peer)).toMatchObject({ commandField: 0x8020, status: 0x0211 });
    peer.send(commandPdu(3, { commandField: 0x30, messageId: 9, hasDataSet: false }));
    expect(await responseOf(peer)).toMatchObject({ commandField: 0x8030, status: 0 });
    expect(await filesLeft()).toEqual([]);
  });

  it('answers a failure of the receiver as a processing failure, after the whole data set', async () => {
    const problems: unknown[] = [];
    const receiver = { store: () => Promise.reject(new Error('database is away')) };
    const server = await start({
      services: [storage({ open: () => receiver })],
      onEvent: (event) => event.kind === 'problem' && problems.push(event.error),
    });
    const peer = await RawPeer.associated(server.port);
    peer.send(commandPdu(1, storeRequest('2.25.7')), dataPdu(1, Buffer.alloc(200), false));
    await until(() => problems.length === 0);
    peer.send(dataPdu(1, Buffer.alloc(200), true));
    expect((await responseOf(peer)).status).toBe(0x0110);
    expect(problems).toMatchObject([{ message: 'database is away' }]);
  });

  it.each([
    ['another called title', { calledAeTitle: 'ELSE' }, [1, 1, 7]],
    ['an unknown calling title', { callingAeTitle: 'STRANGER' }, [1, 1, 3]],
    ['a known title from a wrong address', { callingAeTitle: 'ELSEWHERE' }, [1, 1, 3]],
    ['another protocol version', { protocolVersion: 2 }, [1, 2, 2]],
    ['another application context', { applicationContext: '1.2.3' }, [1, 1, 2]],
  ])('refuses %s with its reason', async (_name, changes, [result, source, reason]) => {
    const server = await start({
      peers: [
        { aeTitle: 'PEER', addresses: ['127.0.0.1'] },
        { aeTitle: 'ELSEWHERE', addresses: ['10.0.0.1'] },
      ],
    });
    const peer = await RawPeer.connect(server.port);
    peer.send(requestPdu(changes));
    expect(await peer.expect('associate-reject')).toMatchObject({ result, source, reason });
    const welcome = await RawPeer.associated(server.port);
    expect(server.associations).toBe(1);
    welcome.socket.destroy();
  });

  it('lets no address fill all places: not with associations, not with connections that say nothing', async () => {
    const server = await start({ maxAssociationsPerAddress: 1 });
    const first = await RawPeer.associated(server.port);
    const second = await RawPeer.connect(server.port);
    second.send(requestPdu());
    expect(await second.expect('associate-reject')).toMatchObject({ result: 2, source: 3, reason: 2 });
    const silent = await Promise.all(Array.from({ length: 15 }, () => RawPeer.connect(server.port)));
    const beyond = await RawPeer.connect(server.port);
    await beyond.expect('closed');
    expect(events).toContainEqual(expect.objectContaining({ kind: 'problem', remoteAddress: '127.0.0.1' }));
    for (const { socket } of [first, second, ...silent]) socket.destroy();
    await until(() => server.associations === 0);
    await stillServes(server);
  });

  it('accepts from a peer only what its entry in the list says', async () => {
    const server = await start({
      peers: [{ aeTitle: 'PEER', abstractSyntaxes: ['1.2.840.10008.1.1'] }, { aeTitle: 'OTHER' }],
    });
    const peer = await RawPeer.connect(server.port);
    peer.send(requestPdu());
    const { contexts } = await peer.expect('associate-accept');
    expect(contexts.map(({ result }) => result)).toEqual(['abstract-syntax-not-supported', 'accepted']);
    peer.socket.destroy();
    await stillServes(server);
  });

  it.each([
    ['of all', { maxAssociations: 2 }],
    ['of its address', { maxAssociationsPerAddress: 2 }],
  ])(
    'refuses the association beyond the limit %s for now, and takes one when another has ended',
    async (_, options) => {
      const server = await start(options);
      const first = await RawPeer.associated(server.port);
      const second = await RawPeer.associated(server.port);
      const third = await RawPeer.connect(server.port);
      third.send(requestPdu());
      expect(await third.expect('associate-reject')).toMatchObject({ result: 2, source: 3, reason: 2 });
      first.send(encodePdu({ kind: 'release-request' }));
      await first.expect('release-reply');
      first.socket.end();
      await until(() => server.associations === 1);
      await RawPeer.associated(server.port);
      second.socket.destroy();
    },
  );

  it('answers each context by what it takes: the syntax nearest to the original', async () => {
    const { implicitLittleEndian: implicit, explicitLittleEndian: explicit } = TRANSFER_SYNTAX;
    const jpegLs = '1.2.840.10008.1.2.4.80';
    const server = await start();
    const peer = await RawPeer.connect(server.port);
    const proposals: [string, string[]][] = [
      [CT, [implicit, explicit]],
      [CT, [jpegLs]],
      [CT, [jpegLs, explicit]],
      [CT, [implicit]],
      [CT, ['1.2.3.4']],
      ['1.2.840.10008.5.1.4.1.2.2.1', [implicit]],
      ['1.3.12.2.1107.5.9.1', [explicit]],
    ];
    const contexts = proposals.map(([abstractSyntax, transferSyntaxes], index) => {
      return { id: 2 * index + 1, abstractSyntax, transferSyntaxes };
    });
    const user = {
      maxPduLength: 0,
      implementationClassUid: '1.2.3',
      asynchronousOperations: { invoked: 0, performed: 0 },
      roles: [{ sopClassUid: CT, scu: true, scp: true }],
      extended: [],
      commonExtended: [],
    };
    peer.send(requestPdu({ contexts, user }));
    const answer = await peer.expect('associate-accept');
    expect(answer.contexts.map((context) => context.result === 'accepted' && context.transferSyntax)).toEqual(
      [explicit, jpegLs, jpegLs, implicit, false, false, explicit],
    );
    expect(answer.contexts[4]?.result).toBe('transfer-syntaxes-not-supported');
    expect(answer.contexts[5]?.result).toBe('abstract-syntax-not-supported');
    expect(answer.user.asynchronousOperations).toEqual({ invoked: 1, performed: 1 });
    expect(answer.user.roles).toEqual([{ sopClassUid: CT, scu: true, scp: false }]);
  });

  it('answers contexts and roles whose UIDs are none without repeating them', async () => {
    const server = await start();
    const peer = await RawPeer.connect(server.port);
    // Valid lengths, digits broken on the way: such a request cannot be made with our own encoder.
    const broken = requestPdu({ user: { ...USER, roles: [{ sopClassUid: CT, scu: true, scp: false }] } });
    for (let at = broken.indexOf(CT); at >= 0; at = broken.indexOf(CT, at)) broken[at + 2] = 0x2e;
    const syntax = broken.indexOf(TRANSFER_SYNTAX.explicitLittleEndian);
    broken[syntax + 3] = 0x58;
    peer.send(broken);
    const answer = await peer.expect('associate-accept');
    expect(answer.contexts.map(({ result }) => result)).toEqual([
      'abstract-syntax-not-supported',
      'accepted',
    ]);
    expect(answer.user.roles).toEqual([]);
    peer.socket.destroy();
    await stillServes(server);
  });

  it('a service that throws while an association is negotiated loses that association only', async () => {
    const faulty = {
      ...verification(),
      serves: (uid: string) => {
        if (uid === CT) throw new Error('a mistake in a service');
        return uid === ECHO_CONTEXT.abstractSyntax;
      },
    };
    const server = await start({ services: [faulty] });
    const peer = await RawPeer.connect(server.port);
    peer.send(requestPdu());
    await peer.expect('closed');
    await until(() => events.some(({ kind }) => kind === 'problem'));
    expect(events.find(({ kind }) => kind === 'problem')).toMatchObject({ error: { code: 'DIMSE_ABORTED' } });
    await stillServes(server);
  });

  it('lets a request end before it closes, and aborts who only waits', async () => {
    const server = await start();
    const busy = await RawPeer.associated(server.port);
    const idle = await RawPeer.associated(server.port);
    const dataSet = dataSetBytes('2.25.7', 20000);
    busy.send(commandPdu(1, storeRequest('2.25.7')), dataPdu(1, dataSet.subarray(0, 5000), false));
    await until(async () => (await filesLeft()).length === 1);
    const closed = server.close(5000);
    await idle.expect('abort');
    busy.send(dataPdu(1, dataSet.subarray(5000), true));
    expect((await responseOf(busy)).status).toBe(0);
    await closed;
    expect(await filesLeft()).toEqual(['2.25.7.dcm']);
  });

  it('keeps no handle of a hundred peers that died in the middle', async () => {
    const server = await start({ timeouts: SHORT });
    const handles = async () => (await readdir('/proc/self/fd')).length;
    await stillServes(server);
    const before = await handles();
    for (let round = 0; round < 10; round += 1) {
      const peers = await Promise.all(Array.from({ length: 10 }, () => RawPeer.associated(server.port)));
      for (const peer of peers) peer.send(...halfFile());
      await until(async () => (await filesLeft()).length > 0);
      for (const peer of peers) peer.socket.resetAndDestroy();
      await until(async () => server.associations === 0 && (await filesLeft()).length === 0);
    }
    await until(async () => (await handles()) <= before + 2);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { DimseError } from '../errors.ts';
import { decodeCommand } from '../message/command.ts';
import { fromBytes } from '../message/data-source.ts';
import { encodePdu } from '../pdu/index.ts';
import { store } from '../services/store.ts';
import { ECHO_CONTEXT, echo } from '../services/verification.ts';
import { CT } from '../testing/instances.ts';
import { acceptPdu, commandPdu, dataPdu, type RawPeer, scriptedServer } from '../testing/raw-peer.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { associate, type Peer } from './index.ts';

const TIMEOUTS = { connectMs: 500, associationMs: 150, artimMs: 150, stallMs: 150, responseMs: 200 };
const STORE_CONTEXT = { abstractSyntax: CT, transferSyntaxes: [TRANSFER_SYNTAX.explicitLittleEndian] };
const INSTANCE = {
  sopClassUid: CT,
  sopInstanceUid: '2.25.7',
  transferSyntaxUid: TRANSFER_SYNTAX.explicitLittleEndian,
};

let closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.map((close) => close()));
  closers = [];
});

async function peerThat(script: (peer: RawPeer) => Promise<void>): Promise<Peer> {
  const server = await scriptedServer(script);
  closers.push(async () => {
    await server.close();
    expect(server.failures).toEqual([]);
  });
  return {
    host: '127.0.0.1',
    port: server.port,
    calledAeTitle: 'PACS',
    callingAeTitle: 'NODE',
    timeouts: TIMEOUTS,
  };
}

async function accept(peer: RawPeer): Promise<void> {
  peer.send(acceptPdu(await peer.expect('associate-request')));
}

const contexts = [ECHO_CONTEXT, STORE_CONTEXT];

async function failure(promise: Promise<unknown>): Promise<DimseError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DimseError);
  return error as DimseError;
}

describe('a requestor and the peers of the field', () => {
  it.each([
    [[1, 1, 7], /refused the association permanently: called AE title not recognized/],
    [[1, 1, 3], /permanently: calling AE title not recognized/],
    [[2, 3, 2], /for now: local limit exceeded/],
    [[2, 3, 1], /for now: temporary congestion/],
    [[1, 2, 2], /protocol version not supported/],
    [[1, 1, 99], /reason 99/],
  ])('reads the refusal %j', async ([result, source, reason], text) => {
    const peer = await peerThat(async (raw) => {
      await raw.expect('associate-request');
      raw.send(encodePdu({ kind: 'associate-reject', result: result!, source: source!, reason: reason! }));
    });
    const error = await failure(associate(peer, { contexts }));
    expect(error.code).toBe('DIMSE_REJECTED');
    expect(error.message).toMatch(text);
    expect(error.where).toContain('PACS');
  });

  it('says that nobody listens', async () => {
    const closed = await scriptedServer(async () => {});
    await closed.close();
    const peer = { host: '127.0.0.1', port: closed.port, calledAeTitle: 'PACS', callingAeTitle: 'NODE' };
    const error = await failure(associate(peer, { contexts }));
    expect(error.code).toBe('DIMSE_CONNECT_FAILED');
    expect(error.found).toMatch(/ECONNREFUSED/);
  });

  it.each<[string, (raw: RawPeer) => void, string]>([
    ['says nothing', () => {}, 'DIMSE_TIMEOUT'],
    ['closes', (raw) => raw.socket.end(), 'DIMSE_CONNECTION_LOST'],
    ['aborts', (raw) => raw.send(encodePdu({ kind: 'abort', source: 2, reason: 1 })), 'DIMSE_ABORTED'],
    ['speaks HTTP', (raw) => raw.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')), 'DIMSE_PDU_INVALID'],
    ['sends data', (raw) => raw.send(dataPdu(1, Buffer.alloc(4), true)), 'DIMSE_PROTOCOL'],
  ])('fails with a reason when the peer %s instead of an answer', async (_name, act, code) => {
    const peer = await peerThat(async (raw) => {
      await raw.expect('associate-request');
      act(raw);
    });
    expect((await failure(associate(peer, { contexts }))).code).toBe(code);
  });

  it.each<[string, (raw: RawPeer) => void, string]>([
    ['says nothing', () => {}, 'DIMSE_TIMEOUT'],
    ['dies', (raw) => raw.socket.resetAndDestroy(), 'DIMSE_CONNECTION_LOST'],
    ['aborts', (raw) => raw.send(encodePdu({ kind: 'abort', source: 0, reason: 0 })), 'DIMSE_ABORTED'],
    [
      'answers another request',
      (raw) =>
        raw.send(
          commandPdu(3, {
            commandField: 0x8001,
            messageIdBeingRespondedTo: 77,
            status: 0,
            hasDataSet: false,
          }),
        ),
      'DIMSE_PROTOCOL',
    ],
    ['sends a broken command set', (raw) => raw.send(brokenCommand()), 'DIMSE_COMMAND_INVALID'],
  ])(
    'fails a store when the peer %s instead of a response, and every one after it',
    async (_n, act, code) => {
      const peer = await peerThat(async (raw) => {
        await accept(raw);
        while ((await raw.expect('data')).fragment.isCommand);
        act(raw);
      });
      const association = await associate(peer, { contexts });
      const sending = store(association, INSTANCE, fromBytes(Buffer.alloc(1000)));
      expect((await failure(sending)).code).toBe(code);
      expect((await failure(store(association, INSTANCE, fromBytes(Buffer.alloc(10))))).code).toBe(code);
      expect(association.error?.code).toBe(code);
    },
  );

  it('gives up on a peer that stops reading', async () => {
    const peer = await peerThat(async (raw) => {
      await accept(raw);
      raw.socket.pause();
    });
    const association = await associate(peer, { contexts });
    const error = await failure(store(association, INSTANCE, fromBytes(Buffer.alloc(64 * 1024 * 1024))));
    expect(error.code).toBe('DIMSE_TIMEOUT');
  });

  it('aborts when the source of the data set fails, so that the peer keeps no half instance', async () => {
    let abort: unknown;
    const peer = await peerThat(async (raw) => {
      await accept(raw);
      // Small messages go out whole or not at all.
      abort = await raw.next();
    });
    const association = await associate(peer, { contexts });
    const source = { size: 10, read: () => Promise.reject(new Error('disk error')) };
    await expect(store(association, INSTANCE, source)).rejects.toThrow('disk error');
    expect(association.error?.code).toBe('DIMSE_ABORTED');
    while (abort === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(abort).toMatchObject({ kind: 'abort', source: 0 });
  });

  it('does not send what was not accepted, and says what was', async () => {
    const peer = await peerThat(async (raw) => {
      const request = await raw.expect('associate-request');
      const answers = request.contexts.map(({ id, transferSyntaxes }, index) => ({
        id,
        result: index === 0 ? ('accepted' as const) : ('transfer-syntaxes-not-supported' as const),
        transferSyntax: transferSyntaxes[0]!,
      }));
      raw.send(acceptPdu(request, { contexts: answers }));
      await raw.expect('release-request');
      raw.send(encodePdu({ kind: 'release-reply' }));
    });
    const association = await associate(peer, { contexts: [STORE_CONTEXT, ECHO_CONTEXT] });
    expect((await failure(echo(association))).code).toBe('DIMSE_CONTEXT_NOT_ACCEPTED');
    const jpegLs = { ...INSTANCE, transferSyntaxUid: '1.2.840.10008.1.2.4.80' };
    const error = await failure(store(association, jpegLs, fromBytes(Buffer.alloc(10))));
    expect(error.found).toContain(TRANSFER_SYNTAX.explicitLittleEndian);
    await association.release();
  });

  it('never uses a transfer syntax that it did not propose', async () => {
    const peer = await peerThat(async (raw) => {
      const request = await raw.expect('associate-request');
      const answers = request.contexts.map(({ id }) => ({
        id,
        result: 'accepted' as const,
        transferSyntax: '1.2.840.10008.1.2.2',
      }));
      raw.send(acceptPdu(request, { contexts: answers }));
    });
    const association = await associate(peer, { contexts });
    expect(association.info.contexts).toEqual([]);
    association.abort();
  });

  it('survives a release collision', async () => {
    const peer = await peerThat(async (raw) => {
      await accept(raw);
      await raw.expect('release-request');
      raw.send(encodePdu({ kind: 'release-request' }));
      await raw.expect('release-reply');
      raw.send(encodePdu({ kind: 'release-reply' }));
      await raw.expect('closed');
    });
    const association = await associate(peer, { contexts });
    await association.release();
  });

  it('keeps at most one request outstanding unless the peer agreed to more', async () => {
    const outstanding: number[] = [];
    const windowOf = async (asynchronousOperations?: { invoked: number; performed: number }) => {
      const peer = await peerThat(async (raw) => {
        const request = await raw.expect('associate-request');
        const base = { maxPduLength: 16384, implementationClassUid: '1.2.3', roles: [], extended: [] };
        const window = asynchronousOperations === undefined ? {} : { asynchronousOperations };
        raw.send(acceptPdu(request, { user: { ...base, commonExtended: [], ...window } }));
        const ids: number[] = [];
        for (let answered = 0; answered < 6; ) {
          // Answers only when nothing more comes for a while.
          const timer = new Promise((resolve) => setTimeout(resolve, 30, undefined));
          const seen = await Promise.race([raw.expect('data'), timer]);
          if (seen !== undefined) {
            ids.push(decodeCommand((seen as { fragment: { bytes: Buffer } }).fragment.bytes).messageId!);
            continue;
          }
          outstanding.push(ids.length);
          answered += ids.length;
          for (const messageIdBeingRespondedTo of ids.splice(0).reverse()) {
            const response = {
              commandField: 0x8030,
              messageIdBeingRespondedTo,
              status: 0,
              hasDataSet: false,
            };
            raw.send(commandPdu(1, response));
          }
        }
      });
      const association = await associate({ ...peer, timeouts: {} }, { contexts, window: 3 });
      const all = await Promise.all(Array.from({ length: 6 }, () => echo(association)));
      expect(all).toEqual([0, 0, 0, 0, 0, 0]);
      association.abort();
      return Math.max(...outstanding.splice(0));
    };
    expect(await windowOf(undefined)).toBe(1);
    expect(await windowOf({ invoked: 1, performed: 1 })).toBe(1);
    expect(await windowOf({ invoked: 2, performed: 1 })).toBe(2);
    expect(await windowOf({ invoked: 0, performed: 1 })).toBe(3);
  });

  it('ends at once when its caller cancels', async () => {
    const controller = new AbortController();
    const peer = await peerThat(async (raw) => {
      await raw.expect('associate-request');
      controller.abort();
    });
    const error = await failure(
      associate({ ...peer, timeouts: {} }, { contexts, signal: controller.signal }),
    );
    expect(error.code).toBe('DIMSE_ABORTED');
  });
});

function brokenCommand(): Buffer {
  const bytes = dataPdu(3, Buffer.from([0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]), true);
  bytes[11] = 3;
  return bytes;
}

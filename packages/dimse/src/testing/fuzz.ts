import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { associate, type DimseServer, listen } from '../association/index.ts';
import { readDataSet } from '../data-set/index.ts';
import { DimseError } from '../errors.ts';
import { decodeCommand } from '../message/command.ts';
import { encodePdu, PduReader } from '../pdu/index.ts';
import { commitment } from '../services/commitment.ts';
import { serviceContext } from '../services/contexts.ts';
import { find } from '../services/find.ts';
import { getProposal, storageContexts } from '../services/get-proposal.ts';
import { query } from '../services/query.ts';
import { retrieval } from '../services/retrieval.ts';
import { get } from '../services/retrieve.ts';
import { type StoreReceiver, storage } from '../services/storage.ts';
import { verification } from '../services/verification.ts';
import { workItems } from '../services/work-item.ts';
import { MODALITY_WORKLIST, STUDY_ROOT, TRANSFER_SYNTAX } from '../uids.ts';
import { CT } from './instances.ts';
import { scriptedServer } from './raw-peer.ts';

/** Seeds, and inputs that once showed something: replayed by the tests, grown by `npm run fuzz -- pdu`. */
export const CORPUS = fileURLToPath(new URL('./corpus', import.meta.url));

export async function readCorpus(): Promise<{ readonly name: string; readonly bytes: Buffer }[]> {
  const names = (await readdir(CORPUS)).filter((name) => name.endsWith('.bin')).sort();
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(path.join(CORPUS, name)) })));
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes that lengths, flags and types go wrong by. */
const EDGES = [0x00, 0x01, 0x02, 0x03, 0x7f, 0x80, 0xfe, 0xff];

const MAX_INPUT_BYTES = 64 * 1024;

/** Some bytes changed, cut out, repeated, put in from another input, or left off. */
export function mutate(input: Buffer, other: Buffer, random: () => number): Buffer {
  let bytes = Buffer.from(input);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let times = 1 + below(4); times > 0; times -= 1) {
    const at = below(bytes.length + 1);
    const length = 1 + below(32);
    switch (below(7)) {
      case 0:
        if (at < bytes.length) bytes[at] = below(256);
        break;
      case 1:
        bytes.fill(EDGES[below(EDGES.length)]!, at, Math.min(bytes.length, at + 1 + below(4)));
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      case 4: {
        const from = below(other.length);
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          other.subarray(from, from + 4 * length),
          bytes.subarray(at),
        ]);
        break;
      }
      case 5:
        if (at + 4 <= bytes.length)
          bytes.writeUInt32BE(below(2) === 0 ? below(70000) : 0xffffffff - below(3), at);
        break;
      default:
        bytes = bytes.subarray(0, at);
    }
  }
  return bytes.subarray(0, MAX_INPUT_BYTES);
}

/**
 * Reads the bytes in pieces as PDUs, command sets and data sets. What is wrong with them is a DimseError and nothing
 * else; what was read can be written again. Returns what happened in short, to tell new behaviour from known.
 */
export function decodeAll(bytes: Buffer, piece: number): string {
  const seen: string[] = [];
  const attempt = (name: string, work: () => unknown) => {
    try {
      work();
      seen.push(name);
    } catch (error) {
      if (!(error instanceof DimseError)) throw error;
      seen.push(`${name}:${error.code}:${error.expected?.replace(/\d+/g, 'N') ?? ''}`);
    }
  };
  const pieces: Buffer[] = [];
  const reader = new PduReader(16384, {
    pdu: (pdu) => attempt(pdu.kind, () => encodePdu(pdu)),
    data: () => seen.push('data'),
    fragment: (fragment) => {
      pieces.push(fragment.bytes);
      if (!fragment.isComplete) return;
      const whole = Buffer.concat(pieces.splice(0));
      if (fragment.isCommand) attempt('command', () => decodeCommand(whole));
      else {
        const read = (syntax: string) => readDataSet(whole, syntax).items(0x00081199).length;
        attempt('explicit', () => read(TRANSFER_SYNTAX.explicitLittleEndian));
        attempt('implicit', () => read(TRANSFER_SYNTAX.implicitLittleEndian));
      }
    },
    invalid: (error) => seen.push(`invalid:${error.expected?.replace(/\d+/g, 'N') ?? ''}`),
  });
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  return [...new Set(seen)].sort().join(' ');
}

const TIMEOUTS = {
  connectMs: 5000,
  associationMs: 200,
  artimMs: 100,
  stallMs: 100,
  idleMs: 100,
  responseMs: 200,
};

/** An acceptor with every service of this package; `onProblem` hears what is no DimseError. */
export function fuzzedServer(
  receiver: StoreReceiver,
  onProblem: (error: unknown) => void,
): Promise<DimseServer> {
  const answer = async () => ({ status: 0 });
  return listen({
    aeTitles: ['NODE'],
    peers: 'any',
    port: 0,
    maxOperations: 4,
    timeouts: TIMEOUTS,
    identify: async () => ({ isAccepted: true }),
    services: [
      verification(),
      storage({ open: () => receiver }),
      query({
        models: [STUDY_ROOT.find, MODALITY_WORKLIST],
        find: () => [{ identifier: () => new Uint8Array(8) }],
      }),
      retrieval({
        models: [STUDY_ROOT],
        select: async () => [
          {
            sopClassUid: CT,
            sopInstanceUid: '2.25.6',
            transferSyntaxUid: TRANSFER_SYNTAX.explicitLittleEndian,
            open: async () => ({
              source: { size: 2, read: async () => ({ bytes: 2, isLast: true }) },
              close: async () => {},
            }),
          },
        ],
      }),
      commitment({ check: async ({ instances }) => ({ committed: instances, failed: [] }) }),
      workItems({ create: answer, set: answer, get: answer, action: answer }),
    ],
    onEvent(event) {
      if (event.kind === 'problem' && !(event.error instanceof DimseError)) onProblem(event.error);
    },
  });
}

/** Sends the bytes in pieces and waits until the other side has closed. */
export function play(port: number, bytes: Buffer, piece: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.on('data', () => {});
    for (let at = 0; at < bytes.length; at += piece) socket.write(bytes.subarray(at, at + piece));
    socket.end();
  });
}

/** A requestor that queries and fetches, and gets these bytes for an answer: it ends well or with a DimseError. */
export async function askPeerThatSays(bytes: Buffer, receiver: StoreReceiver): Promise<void> {
  const server = await scriptedServer(async (peer) => {
    peer.send(bytes);
  });
  const peer = { host: '127.0.0.1', port: server.port, calledAeTitle: 'PACS', callingAeTitle: 'NODE' };
  try {
    const { contexts, roles } = getProposal(STUDY_ROOT.get, storageContexts([CT]));
    const association = await associate(
      { ...peer, timeouts: TIMEOUTS },
      {
        contexts: [serviceContext(STUDY_ROOT.find), ...contexts],
        roles,
        services: [storage({ open: () => receiver })],
      },
    );
    const identifier = () => new Uint8Array(8);
    for await (const _ of find(association, { model: STUDY_ROOT.find, identifier }));
    await get(association, { model: STUDY_ROOT.get, identifier }).outcome();
    await association.release();
  } catch (error) {
    if (!(error instanceof DimseError)) throw error;
  } finally {
    await server.close();
  }
}

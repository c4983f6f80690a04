import { connect, createServer, type Server, type Socket } from 'node:net';
import { associate, type Peer } from '../association/index.ts';
import { DimseError } from '../errors.ts';
import { type Command, encodeCommand } from '../message/command.ts';
import { commandPdus } from '../message/fragmenter.ts';
import {
  APPLICATION_CONTEXT,
  type AssociateAccept,
  type AssociateRequest,
  encodePdu,
  type Fragment,
  type Pdu,
  PduReader,
} from '../pdu/index.ts';
import { ECHO_CONTEXT, echo } from '../services/verification.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { CT } from './instances.ts';

/** User information as plain as it can be. */
export const USER = {
  maxPduLength: 16384,
  implementationClassUid: '1.2.3',
  roles: [],
  extended: [],
  commonExtended: [],
};

/** A request as a plain peer sends it: CT in explicit little endian as context 1, verification as context 3. */
export function requestPdu(changes: Partial<AssociateRequest> = {}): Buffer {
  return encodePdu({
    kind: 'associate-request',
    protocolVersion: 1,
    calledAeTitle: 'NODE',
    callingAeTitle: 'PEER',
    applicationContext: APPLICATION_CONTEXT,
    contexts: [
      { id: 1, abstractSyntax: CT, transferSyntaxes: [TRANSFER_SYNTAX.explicitLittleEndian] },
      {
        id: 3,
        abstractSyntax: '1.2.840.10008.1.1',
        transferSyntaxes: [TRANSFER_SYNTAX.implicitLittleEndian],
      },
    ],
    user: USER,
    ...changes,
  });
}

/** The answer of a peer that accepts all it is asked for. */
export function acceptPdu(request: AssociateRequest, changes: Partial<AssociateAccept> = {}): Buffer {
  return encodePdu({
    ...request,
    kind: 'associate-accept',
    contexts: request.contexts.map(({ id, transferSyntaxes }) => ({
      id,
      result: 'accepted',
      transferSyntax: transferSyntaxes[0]!,
    })),
    user: USER,
    ...changes,
  });
}

export const commandPdu = (contextId: number, command: Command) =>
  commandPdus(contextId, encodeCommand(command), 16384);

/** One P-DATA-TF with a piece of a data set. */
export function dataPdu(contextId: number, bytes: Uint8Array, isLast: boolean): Buffer {
  const head = Buffer.alloc(12);
  head[0] = 4;
  head.writeUInt32BE(bytes.length + 6, 2);
  head.writeUInt32BE(bytes.length + 2, 6);
  head[10] = contextId;
  head[11] = isLast ? 2 : 0;
  return Buffer.concat([head, bytes]);
}

export type Seen = Pdu | { readonly kind: 'data'; readonly fragment: Fragment } | { readonly kind: 'closed' };

/** A peer that does exactly what a test tells it, well-behaved or not. */
export class RawPeer {
  readonly socket: Socket;
  readonly #seen: Seen[] = [];
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const reader = new PduReader(1 << 24, {
      pdu: (pdu) => this.#add(pdu),
      data: () => {},
      fragment: (fragment) => this.#add({ kind: 'data', fragment }),
      invalid: (error) => {
        throw error;
      },
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#add({ kind: 'closed' }));
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawPeer(socket);
  }

  /** Connects and has its request accepted. */
  static async associated(port: number, changes: Partial<AssociateRequest> = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peer.send(requestPdu(changes));
    await peer.expect('associate-accept');
    return peer;
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** The next thing that the other side does. */
  async next(): Promise<Seen> {
    while (this.#seen.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#seen.shift()!;
  }

  async expect<Kind extends Seen['kind']>(kind: Kind): Promise<Extract<Seen, { kind: Kind }>> {
    const seen = await this.next();
    if (seen.kind !== kind) throw new Error(`expected ${kind}, saw ${JSON.stringify(seen)}`);
    return seen as Extract<Seen, { kind: Kind }>;
  }

  #add(seen: Seen): void {
    this.#seen.push(seen);
    this.#wake?.();
  }
}

/** Whether an association, a C-ECHO and a release go well. */
export async function pings(peer: Peer): Promise<boolean> {
  try {
    const association = await associate(peer, { contexts: [ECHO_CONTEXT] });
    const status = await echo(association);
    await association.release();
    return status === 0;
  } catch (error) {
    if (error instanceof DimseError) return false;
    throw error;
  }
}

/** A listener whose every connection is played by a script. */
export async function scriptedServer(
  script: (peer: RawPeer) => Promise<void>,
): Promise<{ readonly port: number; close(): Promise<void>; readonly failures: unknown[] }> {
  const sockets = new Set<Socket>();
  const failures: unknown[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    script(new RawPeer(socket)).catch((error: unknown) => failures.push(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address');
  return {
    port: address.port,
    failures,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

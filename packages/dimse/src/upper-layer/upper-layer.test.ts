import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DimseError } from '../errors.ts';
import { APPLICATION_CONTEXT, type AssociateAccept, type AssociateRequest, encodePdu } from '../pdu/index.ts';
import { acceptPdu, dataPdu, RawPeer, requestPdu, USER } from '../testing/raw-peer.ts';
import { EVENTS, type Event, STATES, type State, step } from './table.ts';
import { UpperLayer, type UpperLayerUser } from './upper-layer.ts';

/** What the machine told its user, in the order in which it did. */
class Listener implements UpperLayerUser {
  readonly told: string[] = [];
  chunks = 0;
  error: DimseError | undefined;
  associateIndicated = () => this.told.push('associate indicated');
  associateConfirmed = () => this.told.push('associate confirmed');
  dataReceived = () => this.told.push('data');
  releaseIndicated = () => this.told.push('release indicated');
  releaseConfirmed = () => this.told.push('release confirmed');
  failed = (error: DimseError) => {
    this.error = error;
    this.told.push('failed');
  };
  activity = () => {
    this.chunks += 1;
  };
  closed = () => this.told.push('closed');
}

interface Machine {
  readonly upper: UpperLayer;
  readonly user: Listener;
  readonly peer: RawPeer;
  readonly role: 'requestor' | 'acceptor';
}

const request: AssociateRequest = {
  kind: 'associate-request',
  protocolVersion: 1,
  calledAeTitle: 'PACS',
  callingAeTitle: 'NODE',
  applicationContext: APPLICATION_CONTEXT,
  contexts: [{ id: 1, abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2'] }],
  user: USER,
};
const answer: AssociateAccept = {
  ...request,
  kind: 'associate-accept',
  contexts: [{ id: 1, result: 'accepted', transferSyntax: '1.2.840.10008.1.2' }],
};

const RELEASE_RQ = encodePdu({ kind: 'release-request' });
const RELEASE_RP = encodePdu({ kind: 'release-reply' });

/** The bytes of each event that comes from the peer. */
const RECEIVED: Partial<Record<Event, Buffer>> = {
  Evt3: acceptPdu(request),
  Evt4: encodePdu({ kind: 'associate-reject', result: 1, source: 1, reason: 1 }),
  Evt6: requestPdu(),
  Evt10: dataPdu(1, Buffer.alloc(2), true),
  Evt12: RELEASE_RQ,
  Evt13: RELEASE_RP,
  Evt16: encodePdu({ kind: 'abort', source: 0, reason: 0 }),
  Evt19: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
};

let server: Server;
let port: number;
let accepted: Promise<Socket>;
let sockets: Socket[];

beforeAll(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  sockets = [];
  accepted = new Promise((resolve) => server.once('connection', resolve));
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});

async function machine(role: Machine['role'], artimMs = 60_000): Promise<Machine> {
  const mine = connect(port, '127.0.0.1');
  await new Promise((resolve) => mine.once('connect', resolve));
  const theirs = await accepted;
  sockets.push(mine, theirs);
  const user = new Listener();
  const upper = new UpperLayer(mine, { role, maxPduLength: 16384, artimMs }, user);
  return { upper, user, peer: new RawPeer(theirs), role };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The peer sends, and the machine has dealt with it. */
async function receive({ peer, user }: Machine, bytes: Buffer): Promise<void> {
  const before = user.chunks;
  peer.send(bytes);
  await until(() => user.chunks > before || user.told.includes('closed'));
}

async function established(role: Machine['role'], artimMs?: number): Promise<Machine> {
  const made = await machine(role, artimMs);
  if (role === 'acceptor') {
    made.upper.transportIndicated();
    await receive(made, requestPdu());
    made.upper.accept(answer);
  } else {
    made.upper.associate(request);
    await receive(made, acceptPdu(request));
  }
  return made;
}

async function colliding(role: Machine['role']): Promise<Machine> {
  const made = await established(role);
  made.upper.release();
  await receive(made, RELEASE_RQ);
  return made;
}

/** How a connection comes into each state that outlives its events. */
const REACH: Partial<Record<State, () => Promise<Machine>>> = {
  async Sta2() {
    const made = await machine('acceptor');
    made.upper.transportIndicated();
    return made;
  },
  async Sta3() {
    const made = await machine('acceptor');
    made.upper.transportIndicated();
    await receive(made, requestPdu());
    return made;
  },
  async Sta5() {
    const made = await machine('requestor');
    made.upper.associate(request);
    return made;
  },
  Sta6: () => established('acceptor'),
  async Sta7() {
    const made = await established('requestor');
    made.upper.release();
    return made;
  },
  async Sta8() {
    const made = await established('acceptor');
    await receive(made, RELEASE_RQ);
    return made;
  },
  Sta9: () => colliding('requestor'),
  Sta10: () => colliding('acceptor'),
  async Sta11() {
    const made = await colliding('requestor');
    made.upper.answerRelease();
    return made;
  },
  async Sta12() {
    const made = await colliding('acceptor');
    await receive(made, RELEASE_RP);
    return made;
  },
  async Sta13() {
    const made = await REACH.Sta3!();
    made.upper.reject('no-reason');
    return made;
  },
};

const states = Object.keys(REACH) as State[];
const factsOf = ({ role }: Machine) => ({ isAcceptable: true, isRequestor: role === 'requestor' });

/** Everything that the peer sees until nothing more comes of the event. */
async function seenBy({ peer, user }: Machine, closes: boolean): Promise<string[]> {
  const kinds: string[] = [];
  if (!closes) {
    // Small writes on loopback are there when the next round trip of the loop is over.
    await new Promise((resolve) => setTimeout(resolve, 5));
    peer.socket.destroy();
  }
  for (;;) {
    const seen = await peer.next();
    kinds.push(seen.kind === 'abort' ? `abort by ${seen.source === 0 ? 'user' : 'provider'}` : seen.kind);
    if (seen.kind === 'closed') break;
  }
  await until(() => user.told.includes('closed'));
  return kinds;
}

const PDU_OF: Partial<Record<string, string>> = {
  'send-user-abort': 'abort by user',
  'send-provider-abort': 'abort by provider',
  'send-release-reply': 'release-reply',
};

describe('a connection in each state', () => {
  for (const event of Object.keys(RECEIVED) as Event[]) {
    it.each(states)(`${event} (${EVENTS[event]}) in %s`, async (state) => {
      const made = await REACH[state]!();
      const { upper, user } = made;
      expect(upper.state).toBe(state);
      const taken = step(state, event, factsOf(made))!;
      const told = user.told.length;
      await receive(made, RECEIVED[event]!);
      const closes = taken.effects.includes('close');
      if (!user.told.includes('closed')) expect(upper.state).toBe(taken.next);
      const failed = user.told.slice(told).includes('failed');
      const pdus = (await seenBy(made, closes)).filter((kind) => kind.startsWith('abort'));
      expect(pdus.at(-1)).toBe(
        taken.effects.map((effect) => PDU_OF[effect]).find((pdu) => pdu?.startsWith('abort')),
      );
      const tells = ['indicate-abort', 'indicate-provider-abort', 'send-user-abort'] as const;
      expect(failed).toBe(taken.effects.some((effect) => tells.some((name) => name === effect)));
      expect(upper.state).toBe('Sta1');
      expect(user.told.filter((entry) => entry === 'closed')).toHaveLength(1);
    });
  }

  it.each(states)('Evt17 (the connection closes) in %s', async (state) => {
    const made = await REACH[state]!();
    const isKnown = state !== 'Sta2' && state !== 'Sta13';
    made.peer.socket.destroy();
    await until(() => made.user.told.includes('closed'));
    expect(made.upper.state).toBe('Sta1');
    expect(made.user.error?.code).toBe(isKnown ? 'DIMSE_CONNECTION_LOST' : undefined);
  });

  const LOCAL: readonly (readonly [Event, (upper: UpperLayer) => unknown])[] = [
    ['Evt7', (upper) => upper.accept(answer)],
    ['Evt8', (upper) => upper.reject('no-reason')],
    ['Evt9', (upper) => upper.send(dataPdu(1, Buffer.alloc(2), true))],
    ['Evt11', (upper) => upper.release()],
    ['Evt14', (upper) => upper.answerRelease()],
    ['Evt15', (upper) => upper.abort(new DimseError('DIMSE_ABORTED', 'test'))],
  ];
  for (const [event, act] of LOCAL) {
    it.each(states)(`${event} (${EVENTS[event]}) in %s`, async (state) => {
      const made = await REACH[state]!();
      const taken = step(state, event, factsOf(made));
      if (taken === undefined && event !== 'Evt15') {
        await expect(async () => act(made.upper)).rejects.toMatchObject({ code: 'DIMSE_NOT_ESTABLISHED' });
      } else await act(made.upper);
      expect(made.upper.state).toBe(taken?.next ?? state);
    });
  }

  it.each(['Sta2', 'Sta13'] as const)('Evt18 (ARTIM expires) in %s', async (state) => {
    const made = await machine('acceptor', 30);
    made.upper.transportIndicated();
    if (state === 'Sta13') {
      await receive(made, requestPdu());
      made.upper.reject('no-reason');
    }
    expect(made.upper.state).toBe(state);
    await until(() => made.user.told.includes('closed'));
    expect(made.upper.state).toBe('Sta1');
  });

  it('covers every state but the two that have no open connection', () => {
    const rest = (Object.keys(STATES) as State[]).filter((state) => !states.includes(state));
    expect(rest).toEqual(['Sta1', 'Sta4']);
  });
});

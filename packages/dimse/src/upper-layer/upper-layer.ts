import type { Socket } from 'node:net';
import { DimseError } from '../errors.ts';
import {
  APPLICATION_CONTEXT,
  type AssociateAccept,
  type AssociateReject,
  type AssociateRequest,
  encodePdu,
  type Fragment,
  type Pdu,
  PduReader,
} from '../pdu/index.ts';
import { abortError, PROVIDER_ABORT, type Rejection, rejectPdu } from './reasons.ts';
import { type Effect, EVENTS, type Event, STATES, type State, step } from './table.ts';

/** What the upper layer tells its user: the indication and confirmation primitives of PS3.8 section 7. */
export interface UpperLayerUser {
  associateIndicated(request: AssociateRequest): void;
  associateConfirmed(answer: AssociateAccept | AssociateReject): void;
  dataReceived(fragment: Fragment): void;
  releaseIndicated(): void;
  releaseConfirmed(): void;
  /** The association is over: by the peer's or our abort, an invalid PDU, or a lost connection. */
  failed(error: DimseError): void;
  /** Bytes came in or went out: the connection lives. */
  activity(): void;
  /** The socket is gone. Always the last call. */
  closed(): void;
}

export interface UpperLayerOptions {
  readonly role: 'requestor' | 'acceptor';
  readonly maxPduLength: number;
  /** PS3.8 9.1.5: how long to wait for an A-ASSOCIATE-RQ, and for the peer to close. */
  readonly artimMs: number;
  /** Why a request cannot be taken at this moment, whatever it says (limits of the process). */
  readonly refusal?: () => Rejection | undefined;
}

/** The event of each PDU, PS3.8 table 9-10. */
const PDU_EVENTS: Record<Pdu['kind'], Event> = {
  'associate-accept': 'Evt3',
  'associate-reject': 'Evt4',
  'associate-request': 'Evt6',
  'release-request': 'Evt12',
  'release-reply': 'Evt13',
  abort: 'Evt16',
};

/** What belongs to the event at hand; effects take what they need. */
interface Cause {
  readonly pdu?: Pdu;
  readonly bytes?: Buffer;
  readonly error?: DimseError;
  readonly written?: (error?: Error | null) => void;
}

/** One connection: bytes on one side, primitives on the other, table 9-10 between them. */
export class UpperLayer {
  readonly #socket: Socket;
  readonly #user: UpperLayerUser;
  readonly #options: UpperLayerOptions;
  readonly #reader: PduReader;
  readonly #peer: string;
  #state: State = 'Sta1';
  #artim: NodeJS.Timeout | undefined;
  #socketError: Error | undefined;
  #request: AssociateRequest | undefined;
  #refusal: Rejection | undefined;
  #hasFailed = false;

  constructor(socket: Socket, options: UpperLayerOptions, user: UpperLayerUser) {
    this.#socket = socket;
    this.#user = user;
    this.#options = options;
    this.#peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    this.#reader = new PduReader(options.maxPduLength, {
      pdu: (pdu) => this.#received(pdu),
      data: () => this.#fire('Evt10', {}),
      fragment: (fragment) => {
        if (this.#state === 'Sta6' || this.#state === 'Sta7') user.dataReceived(fragment);
      },
      invalid: (error) => this.#fire('Evt19', { error }),
    });
    socket.on('data', (chunk: Buffer) => {
      user.activity();
      try {
        this.#reader.push(alone(chunk));
      } catch (error) {
        // Whatever a peer's bytes bring to light in this process, it ends their association and nothing else.
        this.#giveUp(error);
      }
    });
    socket.on('error', (error) => {
      this.#socketError = error;
    });
    socket.on('close', () => this.#closed());
  }

  get state(): State {
    return this.#state;
  }

  /** Address and port of the other end, for messages. */
  get peer(): string {
    return this.#peer;
  }

  get isMidPdu(): boolean {
    return this.#reader.isMidPdu;
  }

  /** Acceptor: the socket has just been accepted. */
  transportIndicated(): void {
    this.#fire('Evt5', {});
  }

  /** Requestor: the socket is connected; sends the request. */
  associate(request: AssociateRequest): void {
    this.#request = request;
    this.#fire('Evt1', {});
    this.#fire('Evt2', {});
  }

  accept(answer: AssociateAccept): void {
    this.#fire('Evt7', { pdu: answer });
  }

  reject(rejection: Rejection): void {
    this.#fire('Evt8', { pdu: rejectPdu(rejection) });
  }

  /** Sends whole P-DATA-TF PDUs; resolves when the bytes are with the kernel and the buffer may be used again. */
  send(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (step(this.#state, 'Evt9', this.#facts()) === undefined) {
        reject(this.#notPossible('Evt9'));
        return;
      }
      const written = (error?: Error | null) => {
        this.#user.activity();
        if (error) reject(this.#lost(error));
        else resolve();
      };
      this.#fire('Evt9', { bytes, written });
    });
  }

  release(): void {
    this.#fire('Evt11', {});
  }

  answerRelease(): void {
    this.#fire('Evt14', {});
  }

  /** Ends the association at once; `error` is what the user is told. Does nothing when it is over already. */
  abort(error: DimseError): void {
    if (step(this.#state, 'Evt15', this.#facts()) === undefined) return;
    this.#fire('Evt15', { error });
    this.#fail(error);
  }

  /** Takes the connection away without another word. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Back-pressure: no more bytes are read until `resume`. */
  pause(): void {
    if (this.#state === 'Sta6') this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #facts() {
    return { isAcceptable: this.#refusal === undefined, isRequestor: this.#options.role === 'requestor' };
  }

  #received(pdu: Pdu): void {
    if (pdu.kind === 'associate-request') this.#refusal = this.#provider(pdu);
    this.#fire(PDU_EVENTS[pdu.kind], { pdu });
  }

  /** AE-6: what the provider itself refuses, before any user is asked. */
  #provider(request: AssociateRequest): Rejection | undefined {
    if ((request.protocolVersion & 1) === 0) return 'protocol-version-not-supported';
    if (request.applicationContext !== APPLICATION_CONTEXT) return 'application-context-not-supported';
    return this.#options.refusal?.();
  }

  #fire(event: Event, cause: Cause): void {
    const taken = step(this.#state, event, this.#facts());
    if (taken === undefined) throw this.#notPossible(event);
    // The new state comes first: an effect may call back into this machine.
    const before = this.#state;
    this.#state = taken.next;
    for (const effect of taken.effects) this.#perform(effect, event, before, cause);
  }

  #perform(effect: Effect, event: Event, before: State, cause: Cause): void {
    switch (effect) {
      case 'connect':
        return;
      case 'send-associate-request':
        this.#write(encodePdu(this.#request!));
        return;
      case 'send-associate-accept':
      case 'send-associate-reject':
        this.#write(encodePdu(cause.pdu!));
        return;
      case 'send-provider-reject':
        this.#write(encodePdu(rejectPdu(this.#refusal ?? 'no-reason')));
        return;
      case 'send-data':
        this.#socket.write(cause.bytes!, cause.written);
        return;
      case 'send-release-request':
        this.#write(encodePdu({ kind: 'release-request' }));
        return;
      case 'send-release-reply':
        this.#write(encodePdu({ kind: 'release-reply' }));
        return;
      case 'send-user-abort':
        this.#write(encodePdu({ kind: 'abort', source: 0, reason: 0 }));
        if (event !== 'Evt15') this.#fail(this.#unexpected(event, before, cause));
        return;
      case 'send-provider-abort':
        this.#write(encodePdu({ kind: 'abort', source: 2, reason: this.#abortReason(event) }));
        return;
      case 'indicate-associate':
        this.#user.associateIndicated(cause.pdu as AssociateRequest);
        return;
      case 'confirm-associate':
        this.#user.associateConfirmed(cause.pdu as AssociateAccept | AssociateReject);
        return;
      case 'indicate-data':
        return; // the fragments follow by themselves
      case 'indicate-release':
        this.#user.releaseIndicated();
        return;
      case 'confirm-release':
        this.#user.releaseConfirmed();
        return;
      case 'indicate-abort':
        this.#fail(abortError(cause.pdu as Extract<Pdu, { kind: 'abort' }>, { where: this.#peer }));
        return;
      case 'indicate-provider-abort':
        this.#fail(
          event === 'Evt17' ? this.#lost(this.#socketError) : this.#unexpected(event, before, cause),
        );
        return;
      case 'start-artim':
        this.#startArtim();
        return;
      case 'stop-artim':
        clearTimeout(this.#artim);
        return;
      case 'close':
        // The last PDU goes out before the connection ends.
        this.#socket.destroySoon();
        this.#socket.resume();
        return;
    }
  }

  #write(bytes: Buffer): void {
    // In Sta13 a paused socket would never show that the peer has closed.
    if (this.#state === 'Sta13') this.#socket.resume();
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  #startArtim(): void {
    clearTimeout(this.#artim);
    this.#artim = setTimeout(() => {
      // Table 9-10 closes here; a peer that does not read would keep a polite close open for ever.
      this.#fire('Evt18', {});
      this.#socket.destroy();
    }, this.#options.artimMs);
  }

  #closed(): void {
    if (this.#state !== 'Sta1') this.#fire('Evt17', {});
    clearTimeout(this.#artim);
    this.#reader.stop();
    this.#user.closed();
  }

  #fail(error: DimseError): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#user.failed(error);
  }

  #giveUp(cause: unknown): void {
    const found = cause instanceof Error ? cause.message : String(cause);
    const error = new DimseError('DIMSE_ABORTED', 'This side could not go on and aborted the association.', {
      where: this.#peer,
      found,
      cause,
    });
    this.#reader.stop();
    this.#fail(error);
    this.#socket.destroy();
  }

  #abortReason(event: Event): number {
    return event === 'Evt19' ? PROVIDER_ABORT['invalid-value'] : PROVIDER_ABORT['unexpected-pdu'];
  }

  #lost(cause: Error | undefined): DimseError {
    return new DimseError('DIMSE_CONNECTION_LOST', 'The connection was lost.', {
      where: this.#peer,
      remedy: 'Check the network and the log of the peer.',
      ...(cause === undefined ? { found: 'closed by the peer' } : { found: cause.message, cause }),
    });
  }

  #unexpected(event: Event, state: State, cause: Cause): DimseError {
    if (cause.error !== undefined) return cause.error;
    return new DimseError('DIMSE_PROTOCOL', 'The peer broke the order of the protocol.', {
      where: this.#peer,
      expected: STATES[state],
      found: EVENTS[event],
    });
  }

  #notPossible(event: Event): DimseError {
    return new DimseError('DIMSE_NOT_ESTABLISHED', 'This is not possible in the present state.', {
      where: this.#peer,
      expected: `a state that allows: ${EVENTS[event]}`,
      found: STATES[this.#state],
    });
  }
}

/** A chunk that shares its memory with nothing else, as those of sockets do: a consumer may give it back. */
function alone(chunk: Buffer): Buffer {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : Buffer.from(new Uint8Array(chunk).buffer);
}

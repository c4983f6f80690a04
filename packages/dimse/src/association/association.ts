import type { Socket } from 'node:net';
import { DimseError } from '../errors.ts';
import type { DataSource } from '../message/data-source.ts';
import type { Responses } from '../message/responses.ts';
import type { AssociateAccept, AssociateReject, AssociateRequest, Fragment } from '../pdu/index.ts';
import { type Rejection, UpperLayer, type UpperLayerUser } from '../upper-layer/index.ts';
import { Exchange, type RequestCommand } from './exchange.ts';
import type { AcceptedContext, AssociationEnd, AssociationInfo } from './info.ts';
import { findContext, type OpenAssociation } from './open-association.ts';
import type { Service } from './service.ts';
import { type Timeouts, type Wait, Watchdog } from './timeouts.ts';

export interface AssociationOptions {
  readonly role: 'requestor' | 'acceptor';
  readonly maxPduLength: number;
  readonly timeouts: Timeouts;
  /** Acceptor: why no association can be taken at the moment. */
  readonly refusal?: () => Rejection | undefined;
  readonly onRequest?: (request: AssociateRequest) => void;
  readonly onAnswer?: (answer: AssociateAccept | AssociateReject) => void;
  readonly onProblem?: (error: unknown) => void;
}

/** Both roles: one connection, from the first PDU to the closed socket, with its messages and its clock. */
export class Association implements UpperLayerUser {
  readonly upper: UpperLayer;
  /** Resolves, never rejects, when the socket is gone and every service has been told. */
  readonly ended: Promise<AssociationEnd>;
  /** Resolves, never rejects, as soon as the association has failed; the socket may take a little longer. */
  readonly failure: Promise<DimseError>;
  readonly #options: AssociationOptions;
  readonly #watchdog: Watchdog;
  #info: AssociationInfo | undefined;
  #exchange: Exchange | undefined;
  #awaits: string | undefined;
  #error: DimseError | undefined;
  #end: AssociationEnd = 'lost';
  #released: (() => void) | undefined;
  #resolveEnded: (end: AssociationEnd) => void = () => {};
  #resolveFailure: (error: DimseError) => void = () => {};

  constructor(socket: Socket, options: AssociationOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.failure = new Promise((resolve) => {
      this.#resolveFailure = resolve;
    });
    const { role, maxPduLength, timeouts, refusal } = options;
    this.upper = new UpperLayer(
      socket,
      { role, maxPduLength, artimMs: timeouts.artimMs, ...(refusal === undefined ? {} : { refusal }) },
      this,
    );
    this.#watchdog = new Watchdog(
      timeouts,
      () => this.#wait(),
      (wait) => this.abort(timeout(wait, this.upper.peer)),
    );
  }

  get info(): AssociationInfo | undefined {
    return this.#info;
  }

  /** Why the association is over, where that was not a release. */
  get error(): DimseError | undefined {
    return this.#error;
  }

  get isPerforming(): boolean {
    return this.#exchange?.isPerforming ?? false;
  }

  /** Requestor: asks for the association; the answer comes by `onAnswer`, or `failed` first. */
  associate(request: AssociateRequest): void {
    this.#awaits = 'the answer to the association request';
    this.#watchdog.sign();
    this.upper.associate(request);
  }

  /** Both sides have agreed: messages may flow. `window` says how many requests each side may have outstanding. */
  establish(
    info: AssociationInfo,
    services: readonly Service[],
    window: { readonly ours: number; readonly peers: number },
  ): void {
    this.#info = info;
    this.#awaits = undefined;
    this.#exchange = new Exchange(info, this.upper, services, {
      window: window.ours,
      performs: window.peers,
      back: this.#openAssociation(info),
      onProblem: this.#options.onProblem ?? (() => {}),
      onBroken: (error) => this.abort(this.#broken(error)),
    });
  }

  #openAssociation(info: AssociationInfo): OpenAssociation {
    const error = () => this.#error;
    return {
      info,
      context: (abstractSyntax, transferSyntax) => findContext(info, abstractSyntax, transferSyntax),
      prepare: (context, dataSet) => this.prepare(context, dataSet),
      request: (context, command, dataSet) => this.request(context, command, dataSet),
      abort: () => this.abortLocally(),
      get error() {
        return error();
      },
    };
  }

  prepare(context: AcceptedContext, dataSet: DataSource): void {
    if (this.#error === undefined) this.#exchange?.prepare(context, dataSet);
  }

  async request(context: AcceptedContext, command: RequestCommand, dataSet?: DataSource): Promise<Responses> {
    if (this.#error !== undefined || this.#exchange === undefined) throw this.#error ?? this.#notOpen();
    this.#watchdog.sign();
    return this.#exchange.request(context, command, dataSet);
  }

  /** Requestor: ends the association in order; resolves when the peer has agreed. */
  async release(): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    const released = new Promise<void>((resolve) => {
      this.#released = resolve;
    });
    this.#awaits = 'the answer to the release request';
    this.#watchdog.sign();
    this.upper.release();
    await Promise.race([released, this.failure, this.ended]);
    if (this.#error !== undefined) throw this.#error;
  }

  abort(error: DimseError): void {
    this.upper.abort(error);
  }

  /** Ends the association because somebody on this side wants it. */
  abortLocally(): void {
    this.abort(
      new DimseError('DIMSE_ABORTED', 'This side aborted the association.', { where: this.upper.peer }),
    );
  }

  /** Acceptor: ends the association after what is being performed, at the latest after `graceMs`. */
  async shutDown(graceMs: number): Promise<void> {
    await atMost(graceMs, this.#exchange?.settled());
    this.abort(
      new DimseError('DIMSE_ABORTED', 'This side is shutting down and aborted the association.', {
        where: this.upper.peer,
      }),
    );
    this.upper.destroy();
    // A service that hangs does not keep the process from ending.
    await atMost(AFTER_DESTROY_MS, this.ended);
  }

  associateIndicated(request: AssociateRequest): void {
    this.#options.onRequest?.(request);
  }

  associateConfirmed(answer: AssociateAccept | AssociateReject): void {
    this.#options.onAnswer?.(answer);
  }

  dataReceived(fragment: Fragment): void {
    if (this.#error !== undefined) return;
    try {
      this.#exchange?.receive(fragment);
    } catch (error) {
      this.abort(this.#broken(error));
    }
  }

  releaseIndicated(): void {
    this.#end = 'released';
    if (this.upper.state === 'Sta10') return; // a collision: the peer answers first
    // The peer may have released without waiting for our last response; it is sent before we agree.
    void this.#exchange?.settled().then(() => this.#answerRelease());
  }

  releaseConfirmed(): void {
    this.#end = 'released';
    this.#awaits = undefined;
    this.#released?.();
    this.#answerRelease();
  }

  failed(error: DimseError): void {
    this.#error = error;
    const isLost = error.code === 'DIMSE_CONNECTION_LOST' || error.code === 'DIMSE_TIMEOUT';
    if (this.#end !== 'released') this.#end = isLost ? 'lost' : 'aborted';
    this.#exchange?.fail(error);
    this.#resolveFailure(error);
  }

  activity(): void {
    this.#watchdog.sign();
  }

  closed(): void {
    this.#watchdog.stop();
    // Closed in order (after a rejection or a release): whoever still waits for a response hears it all the same.
    this.#exchange?.fail(this.#error ?? this.#notOpen());
    const end = this.#end;
    void Promise.resolve(this.#exchange?.close(end)).then(() => this.#resolveEnded(end));
  }

  #answerRelease(): void {
    const { state } = this.upper;
    if (state === 'Sta8' || state === 'Sta9' || state === 'Sta12') this.upper.answerRelease();
  }

  #wait(): Wait | undefined {
    const { timeouts, role } = this.#options;
    if (this.#awaits !== undefined) return { what: this.#awaits, ms: timeouts.associationMs };
    const exchange = this.#exchange;
    if (exchange === undefined || this.upper.state === 'Sta13') return undefined;
    if (exchange.isMoving) return { what: 'the transfer of a message to go on', ms: timeouts.stallMs };
    if (exchange.awaitsResponse) return { what: 'a response', ms: timeouts.responseMs };
    if (exchange.isPerforming) return undefined;
    if (this.upper.isMidPdu) return { what: 'the rest of a PDU', ms: timeouts.stallMs };
    return role === 'acceptor'
      ? { what: 'a request on an idle association', ms: timeouts.idleMs }
      : undefined;
  }

  #broken(error: unknown): DimseError {
    if (error instanceof DimseError) return error;
    const found = error instanceof Error ? error.message : String(error);
    return new DimseError('DIMSE_ABORTED', 'This side could not go on and aborted the association.', {
      where: this.upper.peer,
      found,
      cause: error,
    });
  }

  #notOpen(): DimseError {
    return new DimseError('DIMSE_NOT_ESTABLISHED', 'The association is not open.', {
      where: this.upper.peer,
    });
  }
}

const AFTER_DESTROY_MS = 1000;

async function atMost(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}

function timeout(wait: Wait, where: string): DimseError {
  return new DimseError('DIMSE_TIMEOUT', `The peer kept us waiting too long for ${wait.what}.`, {
    expected: `a sign of life within ${wait.ms} ms`,
    found: 'none',
    where,
    remedy: 'Check the peer and the network, or raise the timeout.',
  });
}

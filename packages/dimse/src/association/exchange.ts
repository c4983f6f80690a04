import { DimseError } from '../errors.ts';
import { Assembler, type IncomingMessage } from '../message/assembler.ts';
import { COMMAND_FIELD, type Command, encodeCommand, isResponse, RESPONSE_BIT } from '../message/command.ts';
import type { DataSource } from '../message/data-source.ts';
import { Batches, commandPdus, sendDataSet } from '../message/fragmenter.ts';
import { Responses } from '../message/responses.ts';
import { STATUS } from '../message/status.ts';
import type { Fragment } from '../pdu/index.ts';
import type { AcceptedContext, AssociationEnd, AssociationInfo } from './info.ts';
import type { Reply, Service, ServiceSession } from './service.ts';

/** The way to the peer. */
export interface Link {
  send(bytes: Buffer): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface ExchangeOptions {
  /** How many requests of ours may be outstanding (PS3.7 D.3.3.3). */
  readonly window: number;
  /** A service failed; the peer has had its answer where that was possible. */
  readonly onProblem: (error: unknown) => void;
  /** A message could not be sent to its end: the association cannot go on. */
  readonly onBroken: (error: unknown) => void;
}

export type RequestCommand = Omit<Command, 'messageId' | 'hasDataSet'>;

/** Requests of a peer that may wait while one is performed; a window of one is what we negotiate. */
const MAX_WAITING_REQUESTS = 16;

/** The messages of one established association, in both directions. */
export class Exchange {
  readonly #info: AssociationInfo;
  readonly #link: Link;
  readonly #services: readonly Service[];
  readonly #sessions = new Map<Service, ServiceSession>();
  readonly #assembler: Assembler;
  readonly #pending = new Map<number, { responses: Responses; done: () => void }>();
  readonly #running = new Map<number, AbortController>();
  readonly #options: ExchangeOptions;
  readonly #batches = new Batches();
  #slotQueue: (() => void)[] = [];
  #invoked = 0;
  #lastMessageId = 0;
  #performing: Promise<void> = Promise.resolve();
  #sending: Promise<void> = Promise.resolve();
  #writes = 0;
  #error: DimseError | undefined;

  constructor(info: AssociationInfo, link: Link, services: readonly Service[], options: ExchangeOptions) {
    this.#info = info;
    this.#link = link;
    this.#services = services;
    this.#options = options;
    const ids = new Set(info.contexts.map(({ id }) => id));
    this.#assembler = new Assembler((id) => ids.has(id), link);
  }

  /** Whether the peer owes us bytes: the rest of a message, or room for what we send. */
  get isMoving(): boolean {
    return this.#writes > 0 || (this.#assembler.isMidMessage && !this.#assembler.isPaused);
  }

  get isMidMessage(): boolean {
    return this.#assembler.isMidMessage;
  }

  get isPerforming(): boolean {
    return this.#running.size > 0;
  }

  get awaitsResponse(): boolean {
    return this.#pending.size > 0;
  }

  /** Resolves when every request received so far has been performed and answered. */
  settled(): Promise<void> {
    return this.#performing;
  }

  /** Throws where the peer breaks the protocol; the association has to be aborted then. */
  receive(fragment: Fragment): void {
    const message = this.#assembler.add(fragment);
    if (message === undefined) return;
    if (isResponse(message.command)) this.#receiveResponse(message);
    else if (message.command.commandField === COMMAND_FIELD['C-CANCEL']) this.#cancel(message.command);
    else this.#receiveRequest(message);
  }

  /** Sends a request when the window allows it; the responses come as they come. */
  async request(context: AcceptedContext, command: RequestCommand, dataSet?: DataSource): Promise<Responses> {
    if (this.#invoked >= this.#options.window)
      await new Promise<void>((resolve) => this.#slotQueue.push(resolve));
    else this.#invoked += 1;
    if (this.#error !== undefined) {
      this.#freeSlot();
      throw this.#error;
    }
    const messageId = this.#nextMessageId();
    const responses = new Responses();
    this.#pending.set(messageId, { responses, done: () => this.#freeSlot() });
    await this.#send(context.id, { ...command, messageId, hasDataSet: dataSet !== undefined }, dataSet);
    return responses;
  }

  /** The association has failed: everyone who waits is told. */
  fail(error: DimseError): void {
    this.#error ??= error;
    this.#assembler.fail(error);
    for (const { responses, done } of this.#pending.values()) {
      responses.fail(error);
      done();
    }
    this.#pending.clear();
    for (const controller of this.#running.values()) controller.abort(error);
  }

  /** Tells the sessions of all services, after what they perform has come to its end. */
  async close(end: AssociationEnd): Promise<void> {
    await this.#performing;
    for (const session of this.#sessions.values()) {
      try {
        await session.closed?.(end);
      } catch (error) {
        this.#options.onProblem(error);
      }
    }
  }

  #nextMessageId(): number {
    do this.#lastMessageId = (this.#lastMessageId % 0xffff) + 1;
    while (this.#pending.has(this.#lastMessageId));
    return this.#lastMessageId;
  }

  #freeSlot(): void {
    const next = this.#slotQueue.shift();
    if (next === undefined) this.#invoked -= 1;
    else next();
  }

  #receiveResponse({ command, dataSet }: IncomingMessage): void {
    const id = command.messageIdBeingRespondedTo;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (pending === undefined || command.status === undefined) {
      throw new DimseError('DIMSE_PROTOCOL', 'The peer sent a response that answers nothing.', {
        expected: 'the message id of a request and a status',
        found: `message id ${id ?? 'missing'}, status ${command.status ?? 'missing'}`,
      });
    }
    if (!pending.responses.push({ command, status: command.status, dataSet })) return;
    this.#pending.delete(id!);
    pending.done();
  }

  #cancel(command: Command): void {
    this.#running.get(command.messageIdBeingRespondedTo ?? -1)?.abort();
  }

  #receiveRequest(message: IncomingMessage): void {
    const id = message.command.messageId;
    if (id === undefined || this.#running.has(id) || this.#running.size > MAX_WAITING_REQUESTS) {
      throw new DimseError('DIMSE_PROTOCOL', 'The peer sent a request that cannot be told from others.', {
        expected: `a message id of its own and at most ${MAX_WAITING_REQUESTS} requests outstanding`,
        found: `message id ${id ?? 'missing'}, ${this.#running.size} outstanding`,
      });
    }
    const controller = new AbortController();
    this.#running.set(id, controller);
    this.#performing = this.#performing.then(async () => {
      try {
        await this.#perform(message, controller.signal);
      } catch (error) {
        this.#options.onProblem(error);
      } finally {
        this.#running.delete(id);
      }
    });
  }

  async #perform({ contextId, command, dataSet }: IncomingMessage, signal: AbortSignal): Promise<void> {
    const context = this.#info.contexts.find(({ id }) => id === contextId)!;
    const service = this.#services.find(
      (candidate) =>
        candidate.serves(context.abstractSyntax) && candidate.commands.includes(command.commandField),
    );
    let hasFinal = false;
    const reply: Reply = async (response, data) => {
      // Senders read responses only after their last fragment.
      await dataSet?.discard();
      hasFinal = response.status !== STATUS.pending && response.status !== 0xff01;
      await this.#send(contextId, responseTo(command, response, data !== undefined), data);
    };
    if (service === undefined) return reply({ status: STATUS.unrecognizedOperation });
    try {
      await this.#session(service).perform(
        { association: this.#info, context, command, dataSet, signal },
        reply,
      );
    } catch (error) {
      if (this.#error === undefined && !hasFinal) await reply({ status: STATUS.processingFailure });
      throw error;
    } finally {
      await dataSet?.discard();
    }
  }

  #session(service: Service): ServiceSession {
    let session = this.#sessions.get(service);
    if (session === undefined) {
      session = service.open(this.#info);
      this.#sessions.set(service, session);
    }
    return session;
  }

  /** Messages never interleave: each waits for the one before. */
  #send(contextId: number, command: Command, dataSet?: DataSource): Promise<void> {
    const sent = this.#sending.then(async () => {
      const max = this.#info.peerMaxPduLength;
      const head = this.#write(commandPdus(contextId, encodeCommand(command), max));
      if (dataSet === undefined) return head;
      head.catch(() => {});
      try {
        await sendDataSet(contextId, dataSet, max, this.#batches, (bytes) => this.#write(bytes));
      } catch (error) {
        this.#options.onBroken(error);
        throw error;
      }
    });
    this.#sending = sent.catch(() => {});
    return sent;
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#writes += 1;
    try {
      await this.#link.send(bytes);
    } catch (error) {
      // What ended the association says more than that a write failed.
      throw this.#error ?? error;
    } finally {
      this.#writes -= 1;
    }
  }
}

function responseTo(request: Command, fields: { readonly status: number }, hasDataSet: boolean): Command {
  const { affectedSopClassUid, affectedSopInstanceUid, requestedSopClassUid, requestedSopInstanceUid } =
    request;
  const sopClassUid = affectedSopClassUid ?? requestedSopClassUid;
  const sopInstanceUid = affectedSopInstanceUid ?? requestedSopInstanceUid;
  return {
    commandField: request.commandField | RESPONSE_BIT,
    ...(sopClassUid === undefined ? {} : { affectedSopClassUid: sopClassUid }),
    ...(sopInstanceUid === undefined ? {} : { affectedSopInstanceUid: sopInstanceUid }),
    ...(request.messageId === undefined ? {} : { messageIdBeingRespondedTo: request.messageId }),
    ...fields,
    hasDataSet,
  };
}

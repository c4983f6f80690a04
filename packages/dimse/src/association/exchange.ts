import { DimseError } from '../errors.ts';
import { Assembler, type IncomingMessage } from '../message/assembler.ts';
import { COMMAND_FIELD, type Command, encodeCommand, isResponse, RESPONSE_BIT } from '../message/command.ts';
import type { DataSource } from '../message/data-source.ts';
import {
  Batches,
  commandPdus,
  outgoingDataSet,
  type PreparedDataSet,
  prepare,
  sendDataSet,
} from '../message/fragmenter.ts';
import { MAX_KEPT_RESPONSES, Responses } from '../message/responses.ts';
import { STATUS, statusCategory } from '../message/status.ts';
import type { Fragment } from '../pdu/index.ts';
import { Gate } from './gate.ts';
import type { AcceptedContext, AssociationEnd, AssociationInfo } from './info.ts';
import { servesContext } from './negotiate.ts';
import type { OpenAssociation } from './open-association.ts';
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
  /** How many requests of the peer are performed at the same time. */
  readonly performs: number;
  /** What services send requests of their own on. */
  readonly back: OpenAssociation;
  /** A service failed; the peer has had its answer where that was possible. */
  readonly onProblem: (error: unknown) => void;
  /** A message could not be sent to its end: the association cannot go on. */
  readonly onBroken: (error: unknown) => void;
}

export type RequestCommand = Omit<Command, 'messageId' | 'hasDataSet'>;

/** Requests of a peer that may wait beyond those that are performed: some ignore the window that they agreed to. */
const MAX_WAITING_REQUESTS = 16;

/** A command set goes out in one write with a data set up to this size: one packet for most identifiers. */
const MAX_JOINED_BYTES = 64 * 1024;

/** The messages of one established association, in both directions. */
export class Exchange {
  readonly #info: AssociationInfo;
  readonly #link: Link;
  readonly #flow: Flow;
  readonly #services: readonly Service[];
  readonly #sessions = new Map<Service, ServiceSession>();
  readonly #assembler: Assembler;
  readonly #pending = new Map<number, { responses: Responses; done: () => void }>();
  readonly #running = new Map<number, AbortController>();
  readonly #options: ExchangeOptions;
  readonly #batches = new Batches();
  readonly #prepared = new Map<DataSource, PreparedDataSet>();
  readonly #invoking: Gate;
  readonly #performing: Gate;
  readonly #tasks = new Set<Promise<void>>();
  #lastMessageId = 0;
  #sending: Promise<void> = Promise.resolve();
  #writes = 0;
  #error: DimseError | undefined;

  constructor(info: AssociationInfo, link: Link, services: readonly Service[], options: ExchangeOptions) {
    this.#info = info;
    this.#link = link;
    this.#services = services;
    this.#options = options;
    this.#invoking = new Gate(options.window);
    this.#performing = new Gate(options.performs);
    this.#flow = new Flow(link);
    const ids = new Set(info.contexts.map(({ id }) => id));
    this.#assembler = new Assembler((id) => ids.has(id), this.#flow);
  }

  /** Whether the peer owes us bytes: the rest of a message, or room for what we send. */
  get isMoving(): boolean {
    return this.#writes > 0 || (this.#assembler.isMidMessage && !this.#flow.isPaused);
  }

  get isMidMessage(): boolean {
    return this.#assembler.isMidMessage;
  }

  get isPerforming(): boolean {
    return this.#running.size > 0;
  }

  get awaitsResponse(): boolean {
    return this.#pending.size > 0 && !this.#flow.isPaused;
  }

  /** Resolves when every request received so far has been performed and answered. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  /** Throws where the peer breaks the protocol; the association has to be aborted then. */
  receive(fragment: Fragment): void {
    const message = this.#assembler.add(fragment);
    if (message === undefined) return;
    if (isResponse(message.command)) this.#receiveResponse(message);
    else if (message.command.commandField === COMMAND_FIELD['C-CANCEL']) this.#cancel(message.command);
    else this.#receiveRequest(message);
  }

  /** Reads the beginning of a data set that one of the next requests will send. */
  prepare(context: AcceptedContext, dataSet: DataSource): void {
    const outgoing = outgoingDataSet(context.id, dataSet, this.#info.peerMaxPduLength);
    this.#prepared.set(dataSet, prepare(outgoing, this.#batches));
  }

  /** Sends a request when the window allows it; the responses come as they come. */
  async request(context: AcceptedContext, command: RequestCommand, dataSet?: DataSource): Promise<Responses> {
    // Whoever asks before having read all responses to the last request would wait for ever otherwise.
    for (const { responses } of this.#pending.values()) responses.keepAll();
    await this.#invoking.enter();
    if (this.#error !== undefined) {
      this.#invoking.leave();
      throw this.#error;
    }
    const messageId = this.#nextMessageId();
    const responses = new Responses({
      cancel: () => this.#sendCancel(context.id, messageId),
      pause: () => this.#flow.pause(),
      resume: () => this.#flow.resume(),
    });
    this.#pending.set(messageId, { responses, done: () => this.#invoking.leave() });
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
    this.#prepared.clear();
    for (const controller of this.#running.values()) controller.abort(error);
  }

  /** Tells the sessions of all services, after what they perform has come to its end. */
  async close(end: AssociationEnd): Promise<void> {
    await this.settled();
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

  /** PS3.7 9.3.2.3: has no response of its own. */
  async #sendCancel(contextId: number, messageId: number): Promise<void> {
    if (!this.#pending.has(messageId)) return;
    const commandField = COMMAND_FIELD['C-CANCEL'];
    await this.#send(contextId, { commandField, messageIdBeingRespondedTo: messageId, hasDataSet: false });
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
    if (pending.responses.waiting >= MAX_KEPT_RESPONSES) {
      throw new DimseError('DIMSE_PROTOCOL', 'The peer sent more responses than can be kept.', {
        expected: `at most ${MAX_KEPT_RESPONSES} responses that nobody has read yet`,
        remedy: 'Ask for less at once, or read the responses as they come.',
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
    if (id === undefined || this.#running.has(id) || this.#running.size > this.#mostRequests) {
      throw new DimseError('DIMSE_PROTOCOL', 'The peer sent a request that cannot be told from others.', {
        expected: `a message id of its own and at most ${this.#mostRequests} requests outstanding`,
        found: `message id ${id ?? 'missing'}, ${this.#running.size} outstanding`,
      });
    }
    const controller = new AbortController();
    this.#running.set(id, controller);
    const task = this.#performNext(message, controller.signal).then(() => {
      this.#running.delete(id);
      this.#tasks.delete(task);
    });
    this.#tasks.add(task);
  }

  get #mostRequests(): number {
    return this.#options.performs + MAX_WAITING_REQUESTS;
  }

  async #performNext(message: IncomingMessage, signal: AbortSignal): Promise<void> {
    await this.#performing.enter();
    try {
      await this.#perform(message, signal);
    } catch (error) {
      this.#options.onProblem(error);
    } finally {
      this.#performing.leave();
    }
  }

  async #perform({ contextId, command, dataSet }: IncomingMessage, signal: AbortSignal): Promise<void> {
    const context = this.#info.contexts.find(({ id }) => id === contextId)!;
    const service = this.#services.find(
      (candidate) =>
        candidate.commands.includes(command.commandField) &&
        servesContext(candidate, context.abstractSyntax, this.#info.commonExtended),
    );
    let hasFinal = false;
    const reply: Reply = async (response, data) => {
      // Senders read responses only after their last fragment.
      await dataSet?.discard();
      hasFinal = statusCategory(response.status) !== 'pending';
      await this.#send(contextId, responseTo(command, response, data !== undefined), data);
    };
    if (service === undefined) return reply({ status: STATUS.unrecognizedOperation });
    try {
      await this.#session(service).perform(
        { association: this.#info, context, command, dataSet, signal, back: this.#options.back },
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
      session = service.open(this.#info, this.#options.back);
      this.#sessions.set(service, session);
    }
    return session;
  }

  /** Messages never interleave: each waits for the one before. */
  #send(contextId: number, command: Command, dataSet?: DataSource): Promise<void> {
    const sent = this.#sending.then(async () => {
      const max = this.#info.peerMaxPduLength;
      let head: Buffer | undefined = commandPdus(contextId, encodeCommand(command), max);
      if (dataSet === undefined) return this.#write(head);
      if (dataSet.size > MAX_JOINED_BYTES) {
        this.#write(head).catch(() => {});
        head = undefined;
      }
      try {
        const prepared =
          this.#prepared.get(dataSet) ?? prepare(outgoingDataSet(contextId, dataSet, max), this.#batches);
        this.#prepared.delete(dataSet);
        await sendDataSet(prepared, this.#batches, (bytes) => {
          const joined = head === undefined ? bytes : Buffer.concat([head, bytes]);
          head = undefined;
          return this.#write(joined);
        });
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

/** The one socket that several readers may have to hold up: it flows when none of them does. */
class Flow {
  readonly #link: Link;
  #holders = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  get isPaused(): boolean {
    return this.#holders > 0;
  }

  pause(): void {
    this.#holders += 1;
    if (this.#holders === 1) this.#link.pause();
  }

  resume(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#link.resume();
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

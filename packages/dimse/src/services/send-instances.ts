import {
  associate,
  type Peer,
  type ProposedSyntaxes,
  type RequestedAssociation,
} from '../association/index.ts';
import { DimseError } from '../errors.ts';
import { statusCategory, statusText } from '../message/status.ts';
import { MAX_CONTEXTS, type UserIdentity } from '../pdu/index.ts';
import { store } from './store.ts';
import {
  type MoveOriginator,
  openInstance,
  type ReadyInstance,
  type StoredInstance,
} from './stored-instance.ts';

export interface SendOptions {
  /** Associations at the same time. Several hide the round trip after each instance. Default 4. */
  readonly maxAssociations?: number;
  /** Instances on their way at the same time over one association, where the peer grants it. Default 1. */
  readonly window?: number;
  readonly userIdentity?: UserIdentity;
  /** The C-MOVE on whose behalf the instances are sent. */
  readonly moveOriginator?: MoveOriginator;
  readonly signal?: AbortSignal;
}

/** What became of one instance. */
export type StoreResult =
  | {
      /** The peer has answered; `warning` means stored all the same. */
      readonly result: 'success' | 'warning' | 'failure';
      readonly sopInstanceUid: string;
      readonly status: number;
      /** The status in words, with the comment of the peer. */
      readonly text: string;
      readonly comment: string | undefined;
    }
  | {
      /** No answer: not read, not accepted, not reached. Whether the peer has it is not known. */
      readonly result: 'error';
      readonly sopInstanceUid: string | undefined;
      readonly error: DimseError;
    };

export type InstanceOutcome<Instance> = { readonly instance: Instance } & StoreResult;

const DEFAULT_ASSOCIATIONS = 4;

/** An association that breaks is opened again for the rest, but not for ever. */
const MAX_BREAKS_IN_A_ROW = 2;

/**
 * Sends instances, each in the syntax it has: each pair of SOP class and transfer syntax gets a presentation context
 * of its own. Yields one outcome for each as soon as it is known; never throws for a peer or an instance.
 */
export async function* sendInstances<Instance extends StoredInstance>(
  peer: Peer,
  instances: readonly Instance[],
  options: SendOptions = {},
): AsyncGenerator<InstanceOutcome<Instance>, void, undefined> {
  for (const group of groupByContexts(instances)) yield* sendGroup(peer, group, options);
}

interface Group<Instance> {
  readonly contexts: readonly ProposedSyntaxes[];
  readonly instances: Instance[];
}

/** Splits so that no association needs more than 128 presentation contexts. */
function groupByContexts<Instance extends StoredInstance>(instances: readonly Instance[]): Group<Instance>[] {
  const groups: { contexts: Map<string, ProposedSyntaxes>; instances: Instance[] }[] = [];
  const groupOf = new Map<string, (typeof groups)[number]>();
  for (const instance of instances) {
    const abstractSyntax = instance.sopClassUid;
    const syntaxes = [instance.transferSyntaxUid, ...(instance.alternatives ?? [])];
    const key = `${abstractSyntax} ${syntaxes.join(' ')}`;
    let group = groupOf.get(key);
    if (group === undefined) {
      group = groups.at(-1);
      if (group === undefined || group.contexts.size + syntaxes.length > MAX_CONTEXTS) {
        group = { contexts: new Map(), instances: [] };
        groups.push(group);
      }
      for (const syntax of syntaxes) {
        group.contexts.set(`${abstractSyntax} ${syntax}`, { abstractSyntax, transferSyntaxes: [syntax] });
      }
      groupOf.set(key, group);
    }
    group.instances.push(instance);
  }
  return groups.map((group) => ({ contexts: [...group.contexts.values()], instances: group.instances }));
}

async function* sendGroup<Instance extends StoredInstance>(
  peer: Peer,
  group: Group<Instance>,
  options: SendOptions,
): AsyncGenerator<InstanceOutcome<Instance>> {
  const outcomes: InstanceOutcome<Instance>[] = [];
  let wake: (() => void) | undefined;
  let isDone = false;
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([left.signal, options.signal]);
  const sending = sendInParallel(peer, group, { ...options, signal }, (outcome) => {
    outcomes.push(outcome);
    wake?.();
  }).then(() => {
    isDone = true;
    wake?.();
  });
  try {
    for (;;) {
      const outcome = outcomes.shift();
      if (outcome !== undefined) yield outcome;
      else if (isDone) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    // Whoever leaves before the end wants nothing more to be sent.
    left.abort();
    await sending;
  }
}

/**
 * Several associations take from one queue. Each is asked for only after the one before was granted, and one that
 * is not granted leaves its share to those that are open: a peer that serves one association at a time, or refuses
 * the third, costs nothing.
 */
async function sendInParallel<Instance extends StoredInstance>(
  peer: Peer,
  { contexts, instances }: Group<Instance>,
  options: SendOptions,
  report: (outcome: InstanceOutcome<Instance>) => void,
): Promise<void> {
  const queue = [...instances];
  const { window = 1, userIdentity } = options;
  const wanted = Math.min(options.maxAssociations ?? DEFAULT_ASSOCIATIONS, queue.length);
  const workers: Promise<void>[] = [];
  const opening = new Set<AbortController>();
  let failure: DimseError | undefined;

  async function openOne(): Promise<RequestedAssociation | undefined> {
    const controller = new AbortController();
    const signal =
      options.signal === undefined ? controller.signal : AbortSignal.any([controller.signal, options.signal]);
    opening.add(controller);
    try {
      const identity = userIdentity === undefined ? {} : { userIdentity };
      return await associate(peer, { contexts, window, signal, ...identity });
    } catch (error) {
      failure = asDimseError(error, `${peer.host}:${peer.port}`);
      return undefined;
    } finally {
      opening.delete(controller);
    }
  }

  /** The next instance, opened while the one before it is on its way. */
  function take(association: RequestedAssociation): Opening<Instance> | undefined {
    const instance = queue.shift();
    if (instance === undefined) return undefined;
    const ready = opened(association, instance);
    ready.catch(() => {}); // whoever sends it hears of it
    return { instance, ready };
  }

  async function sendFrom(association: RequestedAssociation): Promise<boolean> {
    let hasSent = false;
    let next = take(association);
    const closing: Promise<void>[] = [];
    while (next !== undefined && association.error === undefined) {
      const current = next;
      const sending = sendOne(association, current, options.moveOriginator);
      // The last instances are left to whoever is free first.
      next = queue.length >= wanted ? take(association) : undefined;
      report(await sending);
      closing.push(closed(current));
      hasSent ||= association.error === undefined;
      if (association.error === undefined) next ??= take(association);
    }
    if (next !== undefined) {
      // Nothing of it has been sent: another association may.
      queue.unshift(next.instance);
      closing.push(closed(next));
    }
    await Promise.all(closing);
    return hasSent;
  }

  async function work(): Promise<void> {
    let breaks = 0;
    while (queue.length > 0 && breaks <= MAX_BREAKS_IN_A_ROW && options.signal?.aborted !== true) {
      const association = await openOne();
      if (association === undefined) return;
      if (workers.length < wanted && queue.length > 0) workers.push(work());
      const lanes = Array.from({ length: laneCount(association, window) }, () => sendFrom(association));
      if ((await Promise.all(lanes)).some(Boolean)) breaks = 0;
      if (association.error !== undefined) {
        failure = association.error;
        breaks += 1;
        continue;
      }
      // Associations that are still being asked for are not needed any more.
      for (const controller of opening) controller.abort();
      // All outcomes are known; a peer that fails to say goodbye changes none of them.
      await association.release().catch(() => {});
    }
  }

  workers.push(work());
  for (let i = 0; i < workers.length; i += 1) await workers[i];
  const error = failure ?? new DimseError('DIMSE_ABORTED', 'Sending was cancelled before it began.');
  for (const instance of queue) {
    report({ instance, result: 'error', sopInstanceUid: instance.sopInstanceUid, error });
  }
}

/** Opens an instance and begins to read it: the peer never waits for our disk. */
async function opened(association: RequestedAssociation, instance: StoredInstance): Promise<ReadyInstance> {
  const ready = await openInstance(association, instance);
  association.prepare(association.context(ready.sopClassUid, ready.transferSyntaxUid)!, ready.source);
  return ready;
}

/** As many instances on their way as the peer has granted; their data sets go one after another all the same. */
function laneCount({ info }: RequestedAssociation, window: number): number {
  const { invoked } = info.asynchronousOperations;
  return invoked === 0 ? window : Math.min(window, invoked);
}

interface Opening<Instance> {
  readonly instance: Instance;
  readonly ready: Promise<ReadyInstance>;
}

async function sendOne<Instance extends StoredInstance>(
  association: RequestedAssociation,
  { instance, ready }: Opening<Instance>,
  moveOriginator: MoveOriginator | undefined,
): Promise<InstanceOutcome<Instance>> {
  const { sopInstanceUid } = instance;
  try {
    const opened = await ready;
    const response = await store(association, opened, opened.source, moveOriginator);
    const category = statusCategory(response.status);
    const result = category === 'success' || category === 'warning' ? category : 'failure';
    const text = statusText(response.status) + (response.comment ? `: ${response.comment}` : '');
    return { instance, result, sopInstanceUid, status: response.status, text, comment: response.comment };
  } catch (error) {
    return { instance, result: 'error', sopInstanceUid, error: asDimseError(error, sopInstanceUid) };
  }
}

/** Closes what was opened. What the peer has said of it does not change by that. */
async function closed({ ready }: Opening<unknown>): Promise<void> {
  const opened = await ready.catch(() => undefined);
  await opened?.close().catch(() => {});
}

/** What went wrong while an instance was opened or read, in the words of this package. */
export function asDimseError(error: unknown, where: string): DimseError {
  if (error instanceof DimseError) return error;
  return new DimseError('DIMSE_FILE_UNREADABLE', 'The file cannot be read.', {
    where,
    found: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

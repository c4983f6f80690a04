import { type FileHandle, open } from 'node:fs/promises';
import {
  associate,
  type Peer,
  type ProposedSyntaxes,
  type RequestedAssociation,
} from '../association/index.ts';
import { DimseError } from '../errors.ts';
import { statusCategory, statusText } from '../message/status.ts';
import { store } from '../services/store.ts';
import { type FileHead, readFileHead } from './file-meta.ts';
import { fromFile } from './file-source.ts';

export interface SendOptions {
  /** Associations at the same time. Several hide the round trip after each instance. Default 4. */
  readonly maxAssociations?: number;
  readonly signal?: AbortSignal;
}

/** What became of one file. */
export type SendOutcome = { readonly file: string } & (
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
    }
);

interface Outgoing extends FileHead {
  readonly file: string;
}

/** PS3.8 9.3.2.2. */
const MAX_CONTEXTS = 128;

const DEFAULT_ASSOCIATIONS = 4;

/** Files whose meta information is read at the same time. */
const HEADS_AT_ONCE = 16;

/** An association that breaks is opened again for the rest, but not for ever. */
const MAX_BREAKS_IN_A_ROW = 2;

/**
 * Sends Part 10 files, byte for byte in the syntax they have: each pair of SOP class and transfer syntax gets a
 * presentation context of its own. Yields one outcome for each file as soon as it is known; never throws for a peer
 * or a file.
 */
export async function* sendFiles(
  peer: Peer,
  files: readonly string[],
  options: SendOptions = {},
): AsyncGenerator<SendOutcome, void, undefined> {
  const outgoing: Outgoing[] = [];
  for (let at = 0; at < files.length; at += HEADS_AT_ONCE) {
    const some = files.slice(at, at + HEADS_AT_ONCE);
    const heads = await Promise.all(some.map(headOf));
    for (const [index, head] of heads.entries()) {
      const file = some[index]!;
      if (head instanceof DimseError) yield { file, result: 'error', sopInstanceUid: undefined, error: head };
      else outgoing.push({ file, ...head });
    }
  }
  for (const group of groupByContexts(outgoing)) yield* sendGroup(peer, group, options);
}

async function headOf(file: string): Promise<FileHead | DimseError> {
  try {
    await using handle = await open(file, 'r');
    return await readFileHead(handle, file);
  } catch (error) {
    return asDimseError(error, file);
  }
}

function asDimseError(error: unknown, where: string): DimseError {
  if (error instanceof DimseError) return error;
  return new DimseError('DIMSE_FILE_UNREADABLE', 'The file cannot be read.', {
    where,
    found: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

interface Group {
  readonly contexts: readonly ProposedSyntaxes[];
  readonly files: Outgoing[];
}

/** Splits so that no association needs more than 128 presentation contexts. */
function groupByContexts(outgoing: readonly Outgoing[]): Group[] {
  const groups: { contexts: Map<string, ProposedSyntaxes>; files: Outgoing[] }[] = [];
  const groupOf = new Map<string, (typeof groups)[number]>();
  for (const instance of outgoing) {
    const { sopClassUid, transferSyntaxUid } = instance;
    const key = `${sopClassUid} ${transferSyntaxUid}`;
    let group = groupOf.get(key);
    if (group === undefined) {
      group = groups.at(-1);
      if (group === undefined || group.contexts.size === MAX_CONTEXTS) {
        group = { contexts: new Map(), files: [] };
        groups.push(group);
      }
      group.contexts.set(key, { abstractSyntax: sopClassUid, transferSyntaxes: [transferSyntaxUid] });
      groupOf.set(key, group);
    }
    group.files.push(instance);
  }
  return groups.map(({ contexts, files }) => ({ contexts: [...contexts.values()], files }));
}

async function* sendGroup(peer: Peer, group: Group, options: SendOptions): AsyncGenerator<SendOutcome> {
  const outcomes: SendOutcome[] = [];
  let wake: (() => void) | undefined;
  let isDone = false;
  const sending = sendInParallel(peer, group.contexts, group.files, options, (outcome) => {
    outcomes.push(outcome);
    wake?.();
  }).then(() => {
    isDone = true;
    wake?.();
  });
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
  await sending;
}

/**
 * Several associations take from one queue. Each is asked for only after the one before was granted, and one that
 * is not granted leaves its share to those that are open: a peer that serves one association at a time, or refuses
 * the third, costs nothing.
 */
async function sendInParallel(
  peer: Peer,
  contexts: readonly ProposedSyntaxes[],
  files: readonly Outgoing[],
  options: SendOptions,
  report: (outcome: SendOutcome) => void,
): Promise<void> {
  const queue = [...files];
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
      return await associate(peer, { contexts, signal });
    } catch (error) {
      failure = asDimseError(error, `${peer.host}:${peer.port}`);
      return undefined;
    } finally {
      opening.delete(controller);
    }
  }

  async function work(): Promise<void> {
    let breaks = 0;
    while (queue.length > 0 && breaks <= MAX_BREAKS_IN_A_ROW) {
      const association = await openOne();
      if (association === undefined) return;
      if (workers.length < wanted && queue.length > 0) workers.push(work());
      while (queue.length > 0 && association.error === undefined) {
        report(await sendOne(association, queue.shift()!));
        if (association.error === undefined) breaks = 0;
      }
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
  for (const { file, sopInstanceUid } of queue) {
    report({ file, result: 'error', sopInstanceUid, error: failure! });
  }
}

async function sendOne(association: RequestedAssociation, instance: Outgoing): Promise<SendOutcome> {
  const { file, sopInstanceUid, dataSetOffset } = instance;
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const { size } = await handle.stat();
    const response = await store(association, instance, fromFile(handle, dataSetOffset, size, file));
    const category = statusCategory(response.status);
    const result = category === 'success' || category === 'warning' ? category : 'failure';
    const text = statusText(response.status) + (response.comment ? `: ${response.comment}` : '');
    return { file, result, sopInstanceUid, status: response.status, text, comment: response.comment };
  } catch (error) {
    return { file, result: 'error', sopInstanceUid, error: asDimseError(error, file) };
  } finally {
    await handle?.close();
  }
}

import type { OpenAssociation } from '../association/index.ts';
import type { DataSource } from '../message/data-source.ts';
import { type OutgoingInstance, type StoreResponse, store, storeNotAccepted } from './store.ts';

/** An instance that can be sent: where it lies, and in which syntaxes it can be given. */
export interface StoredInstance extends OutgoingInstance {
  /** Syntaxes that `open` can give beside its own, for a peer that does not take that one; best first. */
  readonly alternatives?: readonly string[];
  /** Opens the data set when its turn has come; it is closed after it has been sent. */
  open(transferSyntaxUid: string): Promise<OpenedDataSet>;
}

export interface OpenedDataSet {
  readonly source: DataSource;
  close(): Promise<void>;
}

/** Which instance of whom a C-STORE is a sub-operation of (PS3.7 9.1.1.1). */
export interface MoveOriginator {
  readonly aeTitle: string;
  readonly messageId: number;
}

/** An instance that is ready to go over one association. */
export interface ReadyInstance extends OutgoingInstance, OpenedDataSet {}

/**
 * Opens an instance in the first of its syntaxes that was accepted; DIMSE_CONTEXT_NOT_ACCEPTED where none was.
 * Whoever gets it has to close it.
 */
export async function openInstance(
  association: OpenAssociation,
  instance: StoredInstance,
): Promise<ReadyInstance> {
  const { sopClassUid, sopInstanceUid } = instance;
  const syntaxes = [instance.transferSyntaxUid, ...(instance.alternatives ?? [])];
  const transferSyntaxUid = syntaxes.find((syntax) => association.context(sopClassUid, syntax) !== undefined);
  if (transferSyntaxUid === undefined) throw storeNotAccepted(association, instance);
  const { source, close } = await instance.open(transferSyntaxUid);
  return { sopClassUid, sopInstanceUid, transferSyntaxUid, source, close };
}

/** Opens, sends and closes one instance; DIMSE_CONTEXT_NOT_ACCEPTED where the peer takes none of its syntaxes. */
export async function storeInstance(
  association: OpenAssociation,
  instance: StoredInstance,
  moveOriginator?: MoveOriginator,
): Promise<StoreResponse> {
  const ready = await openInstance(association, instance);
  try {
    return await store(association, ready, ready.source, moveOriginator);
  } finally {
    await ready.close();
  }
}

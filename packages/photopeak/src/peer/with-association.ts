import { type AssociateOptions, associate, type Peer, type RequestedAssociation } from '@photopeak/dimse';

/** Opens an association for some work and ends it in order; after an error it is aborted. */
export async function withAssociation<T>(
  peer: Peer,
  options: AssociateOptions,
  work: (association: RequestedAssociation) => Promise<T>,
): Promise<T> {
  const association = await associate(peer, options);
  try {
    const result = await work(association);
    // The work is done; a peer that fails to say goodbye changes nothing of it.
    await association.release().catch(() => {});
    return result;
  } catch (error) {
    association.abort();
    throw error;
  }
}

/** A terminal and the launcher may both pass one Ctrl-C on; only one after this is a second one. */
const SAME_KEY_MS = 1000;

const INTERRUPTED = 130;

/** Aborted by Ctrl-C: the request is cancelled in order. A second Ctrl-C ends the process. */
export function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  let first: number | undefined;
  process.on('SIGINT', () => {
    if (first !== undefined && performance.now() - first > SAME_KEY_MS) process.exit(INTERRUPTED);
    first ??= performance.now();
    controller.abort();
  });
  return controller.signal;
}

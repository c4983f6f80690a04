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

/** Aborted by Ctrl-C: the request is cancelled in order. A second Ctrl-C ends the process. */
export function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

/**
 * Failure statuses after which the same instance may be taken later (PS3.4 table B.2-1, PS3.7 annex C): out of
 * resources, resource limitation, and the processing failure that a peer answers when its own parts are away.
 */
export function isTransientStatus(status: number): boolean {
  return status >> 8 === 0xa7 || status === 0x0213 || status === 0x0110;
}

export const statusCode = (status: number) => status.toString(16).toUpperCase().padStart(4, '0');

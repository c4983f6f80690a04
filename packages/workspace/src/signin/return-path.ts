/**
 * Where to go after signing in: the page of this site that was wanted, else the work list. An address may have been
 * made by somebody else, so that only a plain path counts.
 */
export function returnPath(wanted: string | undefined): string {
  return wanted !== undefined && /^\/[\w.~-][\w.~/-]*$/.test(wanted) ? wanted : '/';
}

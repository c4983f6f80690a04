import { fileURLToPath } from 'node:url';
import { PhotopeakError } from '@photopeak/imaging';
import { type OpenModel, openModel, openPackage } from '@photopeak/models';

/** A network that comes with Photopeak: its folder in `packages/pipelines/models`, and the digest of that package. */
export interface BuiltInNetwork {
  readonly id: string;
  /** SHA-256 over its files: what a method says it computes with, and what is held against the files before each use. */
  readonly digest: string;
}

export const folderOf = ({ id }: Pick<BuiltInNetwork, 'id'>): string =>
  fileURLToPath(new URL(`../../models/${id}`, import.meta.url));

/**
 * The network in a process of its own, as models of a site are run; always on the CPU, so that the same image gives the
 * same bytes. Throws `ENHANCE_NETWORK_CHANGED`, and what `openPackage` and `openModel` throw.
 */
export async function openBuiltIn(network: BuiltInNetwork, signal: AbortSignal): Promise<OpenModel> {
  const opened = await openPackage(folderOf(network));
  if (opened.digest === network.digest) return openModel(opened, { signal });
  throw new PhotopeakError('a network that comes with Photopeak has other files than it was made with', {
    code: 'ENHANCE_NETWORK_CHANGED',
    expected: `${network.id} with the digest ${network.digest.slice(0, 12)}`,
    found: opened.digest.slice(0, 12),
    remedy: 'install Photopeak again; a changed network is a model of the site (photopeak model add)',
  });
}

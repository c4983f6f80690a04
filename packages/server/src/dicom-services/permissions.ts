import type { AssociationInfo } from '@photopeak/dimse';
import type { Configuration, DimseService } from '../config/index.ts';

/**
 * What a peer may ask of this node: what the sources say that name its AE title, its address and its certificate. Where no source names
 * anybody, whoever reaches the loopback address may store, and nothing else: studies are not read without a name.
 */
export function mayAsk(
  { sources }: Pick<Configuration, 'sources'>,
  {
    callingAeTitle,
    remoteAddress,
    peerCertificate,
  }: Pick<AssociationInfo, 'callingAeTitle' | 'remoteAddress' | 'peerCertificate'>,
  service: DimseService,
): boolean {
  const named = sources.filter((source) => source.kind === 'dimse');
  if (named.length === 0) return service === 'store';
  return named.some(
    ({ aeTitle, address, certificates, may }) =>
      aeTitle === callingAeTitle &&
      (address === undefined || address === remoteAddress) &&
      (certificates === undefined ||
        (peerCertificate !== undefined && certificates.includes(peerCertificate))) &&
      may.includes(service),
  );
}

import type { MoveDestination } from '@photopeak/dimse';
import type { Configuration } from '../config/index.ts';
import { calledPeer } from '../network/index.ts';

/**
 * Where an AE title is reached: the destination of kind `dimse` that has it. A destination that gets its objects
 * de-identified is not among them, because what is sent on request goes as it is.
 */
export function knownPeer(
  { destinations, dicom }: Pick<Configuration, 'destinations' | 'dicom'>,
  aeTitle: string,
): MoveDestination | undefined {
  for (const destination of destinations) {
    if (destination.kind !== 'dimse' || destination.aeTitle !== aeTitle) continue;
    if (destination.deidentify !== undefined) continue;
    const { peer, identity } = calledPeer(destination, dicom.aeTitle);
    return { ...peer, ...identity };
  }
  return undefined;
}

import path from 'node:path';
import type { Configuration, DestinationConfiguration } from '../config/index.ts';
import { createDimseSender } from '../delivery/dimse/index.ts';
import { createFolderSender } from '../delivery/folder/index.ts';
import type { DeliverTo, Sender } from '../delivery/index.ts';
import { prepareFor } from '../delivery/prepare/index.ts';
import { createS3Sender } from '../delivery/s3/index.ts';
import { createStowSender } from '../delivery/stow/index.ts';
import { calledPeer } from '../network/index.ts';
import type { NodeContext } from './context.ts';

/** Where copies for destinations lie while they are sent. */
export const outgoingFolder = (dataFolder: string): string => path.join(dataFolder, 'outgoing');

/** The transports of the configured destinations, each giving its destination what that takes. */
export function createSenders({
  configuration,
  db,
  dataFolder,
}: Pick<NodeContext, 'configuration' | 'db' | 'dataFolder'>): DeliverTo[] {
  return configuration.destinations.flatMap((destination) => {
    if (destination.kind === 'hl7' || destination.kind === 'fhir') return [];
    const sender = createSender(configuration, destination);
    if (sender === undefined) return [];
    const { name, inOrder } = destination;
    const folder = outgoingFolder(dataFolder);
    return [
      { name, inOrder, sender: prepareFor(sender, { destination: name, choices: destination, db, folder }) },
    ];
  });
}

/** The transport of a destination of images; undefined for one that takes messages. */
export function createSender(
  configuration: Configuration,
  destination: DestinationConfiguration,
): Sender | undefined {
  switch (destination.kind) {
    case 'dimse':
      return createDimseSender(() => {
        const { peer, identity } = calledPeer(destination, configuration.dicom.aeTitle);
        // Several associations do not keep an order.
        return { ...peer, ...identity, maxAssociations: destination.inOrder ? 1 : destination.associations };
      });
    case 'stow':
      return createStowSender({
        url: destination.url,
        ...(destination.username === undefined ? {} : { username: destination.username }),
        ...(destination.password === undefined ? {} : { password: destination.password }),
        ...(destination.token === undefined ? {} : { token: destination.token }),
      });
    case 'folder':
      return createFolderSender(destination);
    case 's3':
      return createS3Sender(destination);
    case 'hl7':
    case 'fhir':
      // These take messages, not instances (delivery/messages).
      return undefined;
  }
}

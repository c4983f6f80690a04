import path from 'node:path';
import type { Configuration, DestinationConfiguration } from '../config/index.ts';
import {
  type CommitFor,
  createDimseCommitter,
  createWebCommitter,
  receiveReport,
} from '../delivery/commitment/index.ts';
import { createDimseSender } from '../delivery/dimse/index.ts';
import { createFolderSender } from '../delivery/folder/index.ts';
import type { DeliverTo, Sender } from '../delivery/index.ts';
import { prepareFor } from '../delivery/prepare/index.ts';
import { createS3Sender } from '../delivery/s3/index.ts';
import { createStowSender, dicomwebCall } from '../delivery/stow/index.ts';
import { calledPeer } from '../network/index.ts';
import type { NodeContext } from './context.ts';

/** Where copies for destinations lie while they are sent. */
export const outgoingFolder = (dataFolder: string): string => path.join(dataFolder, 'outgoing');

/** The transports of the configured destinations, each giving its destination what that takes. */
export function createSenders({
  configuration,
  db,
  archive,
  dataFolder,
}: Pick<NodeContext, 'configuration' | 'db' | 'archive' | 'dataFolder'>): DeliverTo[] {
  return configuration.destinations.flatMap((destination) => {
    if (destination.kind === 'hl7' || destination.kind === 'fhir') return [];
    const sender = createSender(configuration, destination);
    if (sender === undefined) return [];
    const { name, inOrder } = destination;
    const folder = outgoingFolder(dataFolder);
    const commits = 'commitment' in destination && destination.commitment !== false;
    return [
      {
        name,
        inOrder,
        commits,
        sender: prepareFor(sender, { destination: name, choices: destination, db, archive, folder }),
      },
    ];
  });
}

/** How a destination is asked for storage commitment; undefined where it is not. */
export function createCommitFor(context: NodeContext, name: string): CommitFor | undefined {
  const { configuration, commitmentArrivals: arrivals } = context;
  const destination = configuration.destinations.find((entry) => entry.name === name);
  if (destination?.kind === 'dimse' && destination.commitment !== false) {
    const committer = createDimseCommitter({
      called: () => calledPeer(destination, configuration.dicom.aeTitle),
      holdMs: destination.commitment.holdSeconds * 1000,
      arrivals,
      received: (report) => receiveReport(context, name, report),
    });
    return { destination: name, settings: destination.commitment, committer };
  }
  if (destination?.kind === 'stow' && destination.commitment !== false) {
    const committer = createWebCommitter(dicomwebCall(stowDestination(destination)));
    return { destination: name, settings: destination.commitment, committer };
  }
  return undefined;
}

function stowDestination({
  url,
  username,
  password,
  token,
}: Extract<DestinationConfiguration, { kind: 'stow' }>) {
  return {
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
  };
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
      return createStowSender(stowDestination(destination));
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

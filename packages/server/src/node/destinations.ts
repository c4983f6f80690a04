import type { Configuration, DestinationConfiguration } from '../config/index.ts';
import { createDimseSender } from '../delivery/dimse/index.ts';
import type { Sender } from '../delivery/index.ts';
import { createStowSender } from '../delivery/stow/index.ts';

/** The transports of the configured destinations. */
export function createSenders(
  configuration: Configuration,
): { readonly name: string; readonly sender: Sender }[] {
  return configuration.destinations.map((destination) => ({
    name: destination.name,
    sender: createSender(configuration, destination),
  }));
}

function createSender(configuration: Configuration, destination: DestinationConfiguration): Sender {
  switch (destination.kind) {
    case 'dimse':
      return createDimseSender({
        host: destination.host,
        port: destination.port,
        calledAeTitle: destination.aeTitle,
        callingAeTitle: configuration.dicom.aeTitle,
        maxAssociations: destination.associations,
      });
    case 'stow':
      return createStowSender({
        url: destination.url,
        ...(destination.username === undefined ? {} : { username: destination.username }),
        ...(destination.password === undefined ? {} : { password: destination.password }),
        ...(destination.token === undefined ? {} : { token: destination.token }),
      });
  }
}

import type { Configuration, DestinationConfiguration } from '../config/index.ts';
import { createDimseSender } from '../delivery/dimse/index.ts';
import type { Sender } from '../delivery/index.ts';
import { createStowSender } from '../delivery/stow/index.ts';

/** The transports of the configured destinations. */
export function createSenders(
  configuration: Configuration,
): { readonly name: string; readonly sender: Sender }[] {
  return configuration.destinations.flatMap((destination) => {
    const sender = createSender(configuration, destination);
    return sender === undefined ? [] : [{ name: destination.name, sender }];
  });
}

/** The transport of a destination of images; undefined for one that takes messages. */
export function createSender(
  configuration: Configuration,
  destination: DestinationConfiguration,
): Sender | undefined {
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
    case 'hl7':
    case 'fhir':
      // These take messages, not instances (delivery/messages).
      return undefined;
  }
}

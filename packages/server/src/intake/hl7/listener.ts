import { Hl7Error, type MllpServer, startMllpServer } from '../../hl7/index.ts';
import { serverTls } from '../../network/index.ts';
import { type ReceiveContext, receiveMessage, refuseUnreadable } from './receive.ts';

/** Listens for HL7 messages by MLLP as `hl7` of the configuration says. */
export async function startHl7Intake(
  context: ReceiveContext & { onProblem(error: Error, peer: string): void },
): Promise<MllpServer> {
  const { hl7 } = context.configuration;
  /** Senders may change while the listener listens. */
  const admits = (address: string): boolean => {
    const addresses = context.configuration.hl7.senders.map((sender) => sender.address);
    return addresses.length === 0 || addresses.includes(undefined) || addresses.includes(address);
  };
  const maximumBytes = hl7.maximumMessageKilobytes * 1024;
  return startMllpServer({
    host: hl7.host,
    port: hl7.port,
    ...(hl7.tls === undefined ? {} : { tls: serverTls(hl7.tls) }),
    maximumMessageBytes: maximumBytes,
    maximumConnections: hl7.maximumConnections,
    maximumConnectionsPerAddress: hl7.maximumConnectionsPerAddress,
    idleMs: hl7.idleSeconds * 1000,
    messageMs: hl7.messageSeconds * 1000,
    admits: ({ address }) => admits(address),
    onMessage: (bytes, { address }) => receiveMessage(context, bytes, address),
    onTooLarge: (head) =>
      refuseUnreadable(
        head,
        new Hl7Error('the message is too large', {
          code: 'HL7_TOO_LARGE',
          condition: 207,
          expected: `at most ${maximumBytes} bytes`,
          remedy: 'raise hl7.maximumMessageKilobytes, or leave documents out in the interface engine',
        }),
      ),
    onProblem: (error, { address }) => context.onProblem(error, address),
  });
}

import { readFile } from 'node:fs/promises';
import type { TlsOptions } from 'node:tls';
import { PhotopeakError } from '@photopeak/imaging';
import type { Configuration } from '../../config/index.ts';
import { Hl7Error, type MllpServer, startMllpServer } from '../../hl7/index.ts';
import { type ReceiveContext, receiveMessage, refuseUnreadable } from './receive.ts';

/** Listens for HL7 messages by MLLP as `hl7` of the configuration says. */
export async function startHl7Intake(
  context: ReceiveContext & { onProblem(error: Error, peer: string): void },
): Promise<MllpServer> {
  const { hl7 } = context.configuration;
  const addresses = hl7.senders.map((sender) => sender.address);
  const isOpen = addresses.length === 0 || addresses.includes(undefined);
  const maximumBytes = hl7.maximumMessageKilobytes * 1024;
  return startMllpServer({
    host: hl7.host,
    port: hl7.port,
    ...(hl7.tls === undefined ? {} : { tls: await readTls(hl7.tls) }),
    maximumMessageBytes: maximumBytes,
    maximumConnections: hl7.maximumConnections,
    idleMs: hl7.idleSeconds * 1000,
    messageMs: hl7.messageSeconds * 1000,
    admits: ({ address }) => isOpen || addresses.includes(address),
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

async function readTls(tls: NonNullable<Configuration['hl7']['tls']>): Promise<TlsOptions> {
  try {
    return {
      cert: await readFile(tls.certificate),
      key: await readFile(tls.key),
      ...(tls.authorities === undefined
        ? {}
        : { ca: await readFile(tls.authorities), requestCert: true, rejectUnauthorized: true }),
    };
  } catch (cause) {
    throw new PhotopeakError('a TLS file of the HL7 listener cannot be read', {
      code: 'HL7_TLS_FILE',
      where: 'hl7.tls',
      found: cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable',
      remedy: 'check the paths and permissions of certificate, key and authorities',
      cause,
    });
  }
}

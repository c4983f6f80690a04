import type { DestinationConfiguration } from '../../config/index.ts';
import {
  createMllpClient,
  decodeMessage,
  encodeMessage,
  type MllpClient,
  parseMessage,
} from '../../hl7/index.ts';
import { clientTls } from '../../network/index.ts';
import { failureOf, type MessageOutcome, type MessageSender } from '../messages/sender.ts';

type Hl7Destination = Extract<DestinationConfiguration, { kind: 'hl7' }>;

/** Conditions after which the same message may be taken later: locked, internal error (HL7 table 0357). */
const TRANSIENT: ReadonlySet<string> = new Set(['206', '207']);

/** Sends by MLLP over one connection that is kept; a message is done when its MSA says so. */
export function createHl7Sender(destination: Hl7Destination): MessageSender {
  let client: MllpClient | undefined;
  return {
    async send(content, signal) {
      try {
        client ??= createMllpClient({
          host: destination.host,
          port: destination.port,
          timeoutMs: destination.timeoutSeconds * 1000,
          ...(destination.tls === undefined ? {} : { tls: clientTls(destination.tls, destination.host) }),
        });
        const controlId = parseMessage(content).header.text(10);
        const answer = await client.exchange(
          encodeMessage(content, destination.characterSet),
          (bytes) => acknowledges(bytes, controlId),
          signal,
        );
        return outcomeOf(answer);
      } catch (error) {
        return failureOf(error);
      }
    },
    close: () => client?.close(),
  };
}

function acknowledges(bytes: Uint8Array, controlId: string): boolean {
  try {
    const msa = parseMessage(decodeMessage(bytes)).segments.find((segment) => segment.name === 'MSA');
    return msa?.text(2) === controlId;
  } catch {
    return false;
  }
}

function outcomeOf(bytes: Uint8Array): MessageOutcome {
  const { segments } = parseMessage(decodeMessage(bytes));
  const msa = segments.find((segment) => segment.name === 'MSA');
  const err = segments.find((segment) => segment.name === 'ERR');
  const code = msa?.text(1) ?? '';
  if (code === 'AA' || code === 'CA') return { result: 'acknowledged' };
  // Only codes are kept: what the receiver writes in its own words may quote the patient.
  const condition = err?.text(3) || err?.text(1, 4) || '';
  const text = condition === '' ? `answered ${code}` : `answered ${code}, condition ${condition}`;
  return { result: 'refused', isTransient: TRANSIENT.has(condition), text };
}

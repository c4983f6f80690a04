import { connect } from 'node:net';
import {
  acknowledgementMode,
  decodeMessage,
  type MllpServer,
  parseMessage,
  startMllpServer,
  writeAcknowledgement,
} from '../../hl7/index.ts';
import { createFrameReader, frame } from '../../hl7/mllp/frames.ts';
import { readOrders, readReports } from '../../orders/index.ts';
import { readPatient } from '../../patients/index.ts';
import { type FuzzTarget, observer, type Random } from './target.ts';

const EXPECTED = /^(HL7|MLLP)_/;
const LARGEST = 1024 * 1024;
/** Every so many inputs one goes through a socket. */
const VISIT_EVERY = 25;

/** HL7 messages: frames, character sets, segments, the content of orders, reports and patients; over MLLP as well. */
export const hl7Target: FuzzTarget = {
  name: 'hl7',
  largestBytes: LARGEST,
  slowestCpuMs: 500,
  tokens: [
    '\r',
    '\n',
    '|',
    '^',
    '~',
    '\\',
    '&',
    '""',
    '\\X',
    '\\X41\\',
    '\\.br\\',
    '\\Z\\',
    '\u000b',
    '\u001c',
    '\u001c\r',
    '\u001b$B',
    'UNICODE UTF-8',
    'MSH|^~\\&|',
    'PID|',
    'OBX|',
    'ORC|NW|',
    'IPC|',
    'MRG|',
  ].map((text) => Buffer.from(text, 'latin1')),
  async open() {
    let problem: unknown;
    const server = await startMllpServer({
      host: '127.0.0.1',
      port: 0,
      maximumMessageBytes: 64 * 1024,
      maximumConnections: 4,
      maximumConnectionsPerAddress: 4,
      idleMs: 1_000,
      messageMs: 1_000,
      admits: () => true,
      onMessage: async (bytes) => [answerTo(bytes, (error) => (problem = error))],
      onTooLarge: (head) => [head.subarray(0, 16)],
      onProblem: () => undefined,
    });
    let played = 0;
    return {
      async play(bytes, random) {
        const { attempt, summary } = observer(EXPECTED);
        const reader = createFrameReader(LARGEST);
        const framed = random(4) === 0 ? bytes : frame(bytes);
        attempt('frames', () => {
          for (let at = 0; at < framed.length; ) {
            const length = 1 + random(4096);
            for (const event of reader.push(framed.subarray(at, at + length)))
              if (event.kind === 'message') attempt('message', () => read(event.bytes, attempt));
            at += length;
          }
        });
        if (++played % VISIT_EVERY === 0) {
          await visit(server, framed, random);
          if (problem !== undefined) throw problem;
        }
        return summary();
      },
      close: () => server.close(),
    };
  },
};

type Attempt = (name: string, work: () => unknown) => boolean;

function read(bytes: Uint8Array, attempt: Attempt): void {
  const message = parseMessage(decodeMessage(bytes));
  acknowledgementMode(message.header);
  writeAcknowledgement(message, { code: 'AA', controlId: '1', at: new Date(0) });
  attempt('patient', () => readPatient(message));
  attempt('orders', () => readOrders(message));
  attempt('reports', () => readReports(message));
}

function answerTo(bytes: Uint8Array, onProblem: (error: unknown) => void): Uint8Array {
  const { attempt } = observer(EXPECTED);
  try {
    attempt('message', () => read(bytes, attempt));
  } catch (error) {
    onProblem(error);
  }
  return Buffer.from('MSA|AA|1\r');
}

/** Says the bytes in pieces and waits until the listener has closed. */
function visit(server: MllpServer, bytes: Uint8Array, random: Random): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on('data', () => undefined);
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + random(16 * 1024);
      socket.write(bytes.subarray(at, at + length));
      at += length;
    }
    socket.end();
  });
}

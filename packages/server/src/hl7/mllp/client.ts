import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { PhotopeakError } from '@photopeak/imaging';
import { createFrameReader, frame } from './frames.ts';

export interface MllpClientOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: ConnectionOptions;
  /** Connecting, and each answer, may take this long. */
  readonly timeoutMs: number;
}

export interface MllpClient {
  /**
   * Sends one message and returns the first answer for which `isAnswer` holds; others are passed over. One exchange at
   * a time. A connection that broke is opened again for the next exchange, never within one: whether the peer took
   * the message is the caller's to find out by repeating it.
   * @throws PhotopeakError MLLP_UNREACHABLE, MLLP_NO_ANSWER, MLLP_NOT_FRAMED
   */
  exchange(
    message: Uint8Array,
    isAnswer: (answer: Uint8Array) => boolean,
    signal?: AbortSignal,
  ): Promise<Uint8Array>;
  close(): void;
}

const LARGEST_ANSWER = 1024 * 1024;

export function createMllpClient(options: MllpClientOptions): MllpClient {
  const where = `${options.host}:${options.port}`;
  let socket: Socket | undefined;

  async function open(): Promise<Socket> {
    if (socket !== undefined && !socket.destroyed && socket.writable) return socket;
    const { host, port, tls, timeoutMs } = options;
    const opened: Socket =
      tls === undefined
        ? connectTcp({ host, port, noDelay: true })
        : connectTls({ host, port, minVersion: 'TLSv1.2', ...tls });
    opened.setNoDelay(true);
    opened.setKeepAlive(true);
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error) => {
        clearTimeout(timer);
        opened.destroy();
        reject(
          new PhotopeakError('the HL7 destination cannot be reached', {
            code: 'MLLP_UNREACHABLE',
            found: 'code' in error ? String(error.code) : error.message,
            where,
            remedy: 'check address, port and TLS, and that the listener of the peer runs',
          }),
        );
      };
      const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
      opened.once('error', fail);
      opened.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        clearTimeout(timer);
        opened.off('error', fail);
        resolve();
      });
    });
    // Between exchanges a broken connection is no news; the next exchange opens another.
    opened.on('error', () => opened.destroy());
    socket = opened;
    return opened;
  }

  function noAnswer(found: string): PhotopeakError {
    return new PhotopeakError('the HL7 destination did not acknowledge the message', {
      code: 'MLLP_NO_ANSWER',
      found,
      where,
      remedy: 'look into the log of the destination; the message is sent again',
    });
  }

  return {
    async exchange(message, isAnswer, signal) {
      const current = await open();
      const reader = createFrameReader(LARGEST_ANSWER);
      return new Promise<Uint8Array>((resolve, reject) => {
        const timer = setTimeout(
          () => fail(noAnswer(`silence for ${options.timeoutMs} ms`)),
          options.timeoutMs,
        );
        const onClose = () => fail(noAnswer('the connection was closed'));
        const onAbort = () => fail(noAnswer('this node stops'));
        const settle = () => {
          clearTimeout(timer);
          current.off('data', onData);
          current.off('close', onClose);
          signal?.removeEventListener('abort', onAbort);
        };
        const fail = (error: unknown) => {
          settle();
          // A late answer must not be taken for the answer to the next message.
          current.destroy();
          reject(error);
        };
        const onData = (chunk: Buffer) => {
          try {
            for (const event of reader.push(chunk)) {
              if (event.kind === 'too-large') return fail(noAnswer('an answer of more than 1 MB'));
              if (!isAnswer(event.bytes)) continue;
              settle();
              return resolve(event.bytes);
            }
          } catch (error) {
            fail(error);
          }
        };
        current.on('data', onData);
        current.once('close', onClose);
        if (signal?.aborted === true) return onAbort();
        signal?.addEventListener('abort', onAbort, { once: true });
        current.write(frame(message));
      });
    },
    close() {
      socket?.destroy();
    },
  };
}

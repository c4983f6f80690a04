import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { limitPerAddress, plainAddress } from '../../network/index.ts';
import { createFrameReader, type FrameReader, frame } from './frames.ts';

export interface MllpPeer {
  readonly address: string;
}

export interface MllpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsOptions;
  readonly maximumMessageBytes: number;
  readonly maximumConnections: number;
  readonly maximumConnectionsPerAddress: number;
  /** A connection on which nothing happens for this long is closed. */
  readonly idleMs: number;
  /** From its first to its last byte a message may take this long. */
  readonly messageMs: number;
  /** False closes the connection before anything is read. */
  admits(peer: MllpPeer): boolean;
  /**
   * Answers of a message, in order; the promise resolves when the message is safe. A rejection closes the connection
   * without an answer: the sender repeats the message.
   */
  onMessage(bytes: Uint8Array, peer: MllpPeer): Promise<readonly Uint8Array[]>;
  /** Answers of a message that is too large, from its first bytes; the connection is closed afterwards. */
  onTooLarge(head: Uint8Array, peer: MllpPeer): readonly Uint8Array[];
  /** Why a connection ended that did not end well. Nothing of what it carried. */
  onProblem(error: Error, peer: MllpPeer): void;
}

export interface MllpServer {
  readonly host: string;
  readonly port: number;
  /** Stops listening, lets the messages that are being answered end, closes the connections. */
  close(): Promise<void>;
}

/** How long an answer may take to leave before the connection is given up. */
const CLOSE_MS = 5_000;

/**
 * An MLLP listener. Messages of a connection are answered one after the other in their order; while one is being
 * worked on, the socket is not read, so that a fast sender waits instead of filling the memory.
 */
export async function startMllpServer(options: MllpServerOptions): Promise<MllpServer> {
  const connections = new Set<{ socket: Socket; work: Promise<void> }>();
  const handle = (socket: Socket) => {
    if (socket.destroyed) return;
    const entry = { socket, work: Promise.resolve() };
    connections.add(entry);
    serve(socket, options, (work) => {
      entry.work = work;
    });
    socket.once('close', () => connections.delete(entry));
  };
  const server: Server =
    options.tls === undefined
      ? createTcpServer({ noDelay: true })
      : createTlsServer({ noDelay: true, minVersion: 'TLSv1.2', ...options.tls }, handle);
  server.maxConnections = options.maximumConnections;
  limitPerAddress(server, {
    most: options.maximumConnectionsPerAddress,
    onRefused: (address) =>
      options.onProblem(
        new Error(`more than ${options.maximumConnectionsPerAddress} connections of one address`),
        { address },
      ),
  });
  if (options.tls === undefined) server.on('connection', handle);
  server.on('tlsClientError', (error: Error, socket: Socket) =>
    options.onProblem(error, { address: plainAddress(socket.remoteAddress) }),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    host: options.host,
    port: address !== null && typeof address === 'object' ? address.port : options.port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      const open = [...connections];
      for (const { socket } of open) socket.pause();
      await Promise.all(open.map(({ work }) => work));
      for (const { socket } of open) socket.destroy();
      await closed;
    },
  };
}

function serve(socket: Socket, options: MllpServerOptions, working: (work: Promise<void>) => void): void {
  const peer: MllpPeer = { address: plainAddress(socket.remoteAddress) };
  socket.on('error', (error) => options.onProblem(error, peer));
  if (!options.admits(peer)) {
    socket.destroy();
    return;
  }
  const reader = createFrameReader(options.maximumMessageBytes);
  const deadline = watch(socket, reader, options, peer);
  socket.setTimeout(options.idleMs, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    socket.pause();
    working(
      answer(chunk)
        .then((goesOn) => {
          if (!goesOn) closeSoon(socket);
          else if (!socket.destroyed) socket.resume();
        })
        .catch((error: unknown) => {
          options.onProblem(error instanceof Error ? error : new Error(String(error)), peer);
          socket.destroy();
        }),
    );
  });

  async function answer(chunk: Uint8Array): Promise<boolean> {
    const events = reader.push(chunk);
    deadline.update();
    for (const event of events) {
      if (event.kind === 'too-large') {
        for (const reply of options.onTooLarge(event.head, peer)) await write(socket, reply);
        return false;
      }
      for (const reply of await options.onMessage(event.bytes, peer)) await write(socket, reply);
    }
    return true;
  }
}

/** Ends a connection whose message does not come to its end. */
function watch(socket: Socket, reader: FrameReader, options: MllpServerOptions, peer: MllpPeer) {
  let timer: NodeJS.Timeout | undefined;
  socket.once('close', () => clearTimeout(timer));
  return {
    update() {
      if (!reader.isInside) {
        clearTimeout(timer);
        timer = undefined;
      } else if (timer === undefined) {
        timer = setTimeout(() => {
          options.onProblem(new Error(`a message did not end within ${options.messageMs} ms`), peer);
          socket.destroy();
        }, options.messageMs);
      }
    },
  };
}

/** Says goodbye in an orderly way, so that the last answer arrives, but does not wait for a silent peer. */
function closeSoon(socket: Socket): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), CLOSE_MS);
  socket.once('close', () => clearTimeout(timer));
}

function write(socket: Socket, message: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // One buffer, one write: a frame never waits for the acknowledgement of its first half.
    socket.write(frame(message), (error) => (error ? reject(error) : resolve()));
  });
}

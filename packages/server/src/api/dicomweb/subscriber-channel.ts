import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { NodeContext } from '../../node/context.ts';
import { requireAeTitle } from '../../work-items/index.ts';
import type { Authentication } from '../authentication.ts';

/** Other processes of the node report too; their reports are found by looking. */
const LOOK_MS = 1_000;
const BATCH = 100;
const HEARTBEAT_MS = 30_000;
const MOST_CHANNELS = 200;

/** What is used of a `ws` socket. */
interface Socket {
  readonly readyState: number;
  send(text: string, done: (error?: Error) => void): void;
  ping(): void;
  close(code?: number, reason?: string): void;
  on(event: 'close' | 'error' | 'pong', listener: () => void): void;
}
const OPEN = 1;

/**
 * The event channel of a subscriber (PS3.18 §11.13): a WebSocket on which every report is one text message in DICOM
 * JSON. Reports wait while the channel is closed; one is forgotten only after it was handed to the connection.
 */
export function subscriberChannel(
  app: FastifyInstance,
  { subscriptions, workItemChanges, log }: NodeContext,
  authentication: Authentication,
): void {
  const channels = new Set<Socket>();
  app.addHook('onClose', async () => {
    for (const socket of channels) socket.close(1001, 'the node stops');
  });

  async function allow(request: FastifyRequest): Promise<void> {
    await authentication.require(request, 'read', 'run');
    // A WebSocket is not held back by the same-origin policy: a page of another site must not open one.
    if (request.headers.origin !== undefined) authentication.requireSameOrigin(request);
  }

  app.get<{ Params: { aet: string } }>(
    '/dicom-web/subscribers/:aet',
    { websocket: true, preValidation: allow },
    (socket: Socket, request) => {
      if (channels.size >= MOST_CHANNELS) {
        socket.close(1013, 'too many channels');
        return;
      }
      const { aet } = request.params as { aet: string };
      let aeTitle: string;
      try {
        aeTitle = requireAeTitle(aet);
      } catch {
        socket.close(1008, 'not an AE title');
        return;
      }
      channels.add(socket);
      let isAlive = true;
      let isBusy = false;
      let isKicked = false;

      const send = (text: string) =>
        new Promise<void>((resolve, reject) => {
          socket.send(text, (error) => (error === undefined || error === null ? resolve() : reject(error)));
        });

      async function drain(): Promise<void> {
        if (isBusy) {
          isKicked = true;
          return;
        }
        isBusy = true;
        try {
          do {
            isKicked = false;
            const reports = await subscriptions.waiting(aeTitle, BATCH);
            for (const { report } of reports) {
              if (socket.readyState !== OPEN) return;
              await send(JSON.stringify(report));
            }
            const last = reports.at(-1);
            if (last !== undefined) await subscriptions.sent(aeTitle, last.id);
            if (reports.length === BATCH) isKicked = true;
          } while (isKicked && socket.readyState === OPEN);
        } catch (error) {
          log.debug({ err: error }, 'reports to a subscriber wait for its next channel');
        } finally {
          isBusy = false;
        }
      }

      const unsubscribe = workItemChanges.subscribe(() => void drain());
      const look = setInterval(() => void drain(), LOOK_MS);
      const heartbeat = setInterval(() => {
        if (!isAlive) socket.close(1001, 'no answer');
        isAlive = false;
        socket.ping();
      }, HEARTBEAT_MS);
      const end = () => {
        clearInterval(look);
        clearInterval(heartbeat);
        unsubscribe();
        channels.delete(socket);
      };
      socket.on('pong', () => {
        isAlive = true;
      });
      socket.on('close', end);
      socket.on('error', end);
      void drain();
    },
  );
}

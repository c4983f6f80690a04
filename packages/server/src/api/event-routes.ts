import type { FastifyInstance } from 'fastify';
import type { NodeContext } from '../node/context.ts';
import type { Authentication } from './authentication.ts';

/** Proxies close a line that is silent for a minute. */
const HEARTBEAT_MS = 20_000;
/** A browser that does not read is disconnected; it comes back and asks again. */
const MOST_BUFFERED_BYTES = 1024 * 1024;
const MOST_LISTENERS = 500;

/** Server-Sent Events (WHATWG HTML §9.2): what changed, without patient data. */
export function eventRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): void {
  const open = new Set<() => void>();
  app.addHook('onClose', async () => {
    for (const close of open) close();
  });

  app.get('/api/events', async (request, reply) => {
    await authentication.require(request, 'read', 'study');
    if (open.size >= MOST_LISTENERS) return reply.status(503).header('Retry-After', '30').send();
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    raw.write('retry: 2000\n\n');
    const unsubscribe = context.events.subscribe((event) => {
      if (raw.writableLength > MOST_BUFFERED_BYTES) close();
      else raw.write(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
    });
    const heartbeat = setInterval(() => raw.write(': alive\n\n'), HEARTBEAT_MS);
    function close(): void {
      clearInterval(heartbeat);
      unsubscribe();
      open.delete(close);
      raw.end();
    }
    open.add(close);
    raw.on('close', close);
    return reply;
  });
}

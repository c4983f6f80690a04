import type { FastifyInstance } from 'fastify';

/** As long as a DICOM association may be silent in the middle of a message. */
const STALL_MS = 60_000;

/**
 * Ends a request whose sender stops in the middle of its body (a cable, a firewall, a machine that was switched off):
 * nothing else would, because an upload may take as long as it needs while bytes come.
 */
export function endStalledBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }, reply) => {
    if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined) return;
    const { socket } = raw;
    const stalled = () => raw.destroy();
    const arrived = () => {
      socket.setTimeout(0);
      socket.off('timeout', stalled);
    };
    socket.setTimeout(STALL_MS);
    socket.on('timeout', stalled);
    raw.once('end', arrived);
    // A body of which nobody reads the last bytes (behind a closing boundary) has no end; its answer has.
    reply.raw.once('close', arrived);
  });
}

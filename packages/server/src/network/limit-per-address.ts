import type { Server, Socket } from 'node:net';

/**
 * Closes connections that an address opens beyond its share, of a TLS server before the handshake. To be called
 * before the server listens.
 * @param options.except addresses without a limit: proxies that stand before many.
 */
export function limitPerAddress(
  server: Server,
  options: {
    readonly most: number;
    readonly except?: ReadonlySet<string>;
    onRefused?(address: string): void;
  },
): void {
  const open = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress);
    if (options.except?.has(address) === true) return;
    const count = open.get(address) ?? 0;
    if (count >= options.most) {
      options.onRefused?.(address);
      socket.destroy();
      return;
    }
    open.set(address, count + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

/** An IPv4 address also where the socket is of both families. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/i, '');
}

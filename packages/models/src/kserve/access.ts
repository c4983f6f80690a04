import type { ConnectionOptions } from 'node:tls';

/** What a site has for one of its inference servers; it goes to no other host or port, whatever a model names. */
export interface ServerAccess {
  /** `https://host:port` or `grpcs://host:port`. */
  readonly url: string;
  /** E.g. `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates (PEM) that are trusted in the place of those of the system, and ours where the server asks for one. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'>;
}

/** The access to the server that a model names: the same protocol, host and port. */
export function accessTo(
  url: string,
  servers: readonly ServerAccess[] = [],
): Pick<ServerAccess, 'headers' | 'tls'> {
  const { protocol, host } = new URL(url);
  const found = servers.find((one) => {
    const other = new URL(one.url);
    return other.protocol === protocol && other.host === host;
  });
  if (found === undefined) return {};
  const { url: _, ...access } = found;
  return access;
}

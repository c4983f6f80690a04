import type { OpenModelOptions } from '@photopeak/models';
import type { Configuration } from '../config/index.ts';
import { clientTls } from '../network/index.ts';

/** How the site lets models run. The files of TLS are read now: a renewed certificate counts from the next use. */
export function runtimeOptions({
  allowPrograms,
  containerEngine,
  environment,
  servers,
}: Configuration['models']): OpenModelOptions {
  return {
    allowPrograms,
    containerEngine,
    environment,
    servers: servers.map(({ url, tls, token }) => ({
      url,
      ...(tls === undefined ? {} : { tls: clientTls(tls, new URL(url).hostname) }),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    })),
  };
}

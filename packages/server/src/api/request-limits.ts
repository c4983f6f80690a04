import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Configuration } from '../config/index.ts';
import { limitPerAddress } from '../network/index.ts';
import type { Logger } from '../operations/index.ts';
import { SESSION_COOKIE } from './authentication.ts';

/** Paths that answer with data; the others are files of the workspace. */
const DATA = /^\/(api|dicom-web|fhir|metrics)(\/|\?|$)/;

export interface AnonymousLimit {
  /** Counts a request that nobody is signed in for. @throws HTTP_TOO_MANY beyond the limit of its address */
  count(request: FastifyRequest): Promise<void>;
}

/**
 * Bounds what one address can ask for: its connections, and its requests without a valid session or token
 * (`http.maximumConnections…`, `http.anonymousRequestsPerMinute`).
 */
export function limitRequests(app: FastifyInstance, { http }: Configuration, log: Logger): AnonymousLimit {
  app.server.maxConnections = http.maximumConnections;
  limitPerAddress(app.server, {
    most: http.maximumConnectionsPerAddress,
    except: new Set(http.trustedProxies),
    onRefused: (address) => log.warn({ address }, 'too many HTTP connections of one address'),
  });
  const check = app.createRateLimit({
    max: http.anonymousRequestsPerMinute,
    timeWindow: '1 minute',
  });
  const count = async (request: FastifyRequest) => {
    const verdict = await check(request);
    if (verdict.isAllowed || !verdict.isExceeded) return;
    throw new PhotopeakError('too many requests without signing in', {
      code: 'HTTP_TOO_MANY',
      expected: `at most ${http.anonymousRequestsPerMinute} a minute of one address`,
      remedy: 'sign in or send a valid token; http.anonymousRequestsPerMinute is the limit',
    });
  };
  app.addHook('onRequest', async (request) => {
    const names = request.headers.authorization ?? request.cookies[SESSION_COOKIE];
    // What names somebody is counted where that turns out to be nobody.
    if (names === undefined && DATA.test(request.url)) await count(request);
  });
  return { count };
}

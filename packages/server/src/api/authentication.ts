import { timingSafeEqual } from 'node:crypto';
import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Configuration } from '../config/index.ts';
import type { Database } from '../database/index.ts';
import {
  type Action,
  digest,
  findSession,
  type Permissions,
  permissionsOf,
  type Subject,
} from '../governance/index.ts';
import type { User } from './contract.ts';

export const SESSION_COOKIE = 'photopeak_session';

/** Who acts in a request. */
export interface Principal {
  readonly user: User;
  readonly permissions: Permissions;
  readonly hasPassword: boolean;
  /** Token of the session cookie; absent for bearer tokens. */
  readonly sessionToken: string | undefined;
}

export interface Authentication {
  /** The caller, or undefined. */
  find(request: FastifyRequest): Promise<Principal | undefined>;
  /** @throws HTTP_NOT_SIGNED_IN, HTTP_NOT_ALLOWED, HTTP_ORIGIN */
  require(request: FastifyRequest, action: Action, subject: Subject): Promise<Principal>;
  /** Refuses writes that another site started in the browser of a signed-in person. */
  requireSameOrigin(request: FastifyRequest): void;
  setCookie(reply: FastifyReply, token: string): void;
  clearCookie(reply: FastifyReply): void;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createAuthentication(
  db: Database,
  configuration: Configuration,
  anonymous: { count(request: FastifyRequest): Promise<void> },
): Authentication {
  const publicOrigin =
    configuration.http.publicUrl === undefined ? undefined : new URL(configuration.http.publicUrl).origin;
  const cookie = {
    path: '/',
    httpOnly: true,
    sameSite: 'strict' as const,
    secure: publicOrigin?.startsWith('https:') ?? false,
  };

  async function find(request: FastifyRequest): Promise<Principal | undefined> {
    const found = await lookUp(request);
    const named = request.headers.authorization ?? request.cookies[SESSION_COOKIE];
    if (found === undefined && named !== undefined) await anonymous.count(request);
    return found;
  }

  async function lookUp(request: FastifyRequest): Promise<Principal | undefined> {
    const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return byToken(configuration, bearer);
    const token = request.cookies[SESSION_COOKIE];
    if (token === undefined || token.length > 128) return undefined;
    const session = await findSession(db, token);
    if (session === undefined) return undefined;
    return {
      user: session.user,
      permissions: permissionsOf(session.user.roles),
      hasPassword: session.hasPassword,
      sessionToken: token,
    };
  }

  function requireSameOrigin(request: FastifyRequest): void {
    const { origin, host } = request.headers;
    const allowed = publicOrigin ?? `${request.protocol}://${host ?? ''}`;
    if (origin === allowed || origin === `http://${host ?? ''}`) return;
    throw new PhotopeakError('this request does not come from the workspace of this node', {
      code: 'HTTP_ORIGIN',
      expected: allowed,
      found: origin ?? 'no Origin header',
      remedy: 'open the workspace at its own address; behind a proxy set http.publicUrl',
    });
  }

  return {
    find,
    requireSameOrigin,
    async require(request, action, subject) {
      const principal = await find(request);
      if (principal === undefined) {
        throw new PhotopeakError('you are not signed in', { code: 'HTTP_NOT_SIGNED_IN', remedy: 'sign in' });
      }
      if (!SAFE_METHODS.has(request.method) && principal.sessionToken !== undefined)
        requireSameOrigin(request);
      if (!principal.permissions.can(action, subject)) {
        throw new PhotopeakError('your role does not allow this', {
          code: 'HTTP_NOT_ALLOWED',
          expected: `the right to ${action} ${subject}`,
          found: principal.user.roles.join(', '),
          remedy: 'ask an administrator',
        });
      }
      return principal;
    },
    setCookie(reply, token) {
      void reply.setCookie(SESSION_COOKIE, token, {
        ...cookie,
        maxAge: Math.round(configuration.security.sessionHours * 3600),
      });
    },
    clearCookie(reply) {
      void reply.clearCookie(SESSION_COOKIE, cookie);
    },
  };
}

function byToken(configuration: Configuration, bearer: string): Principal | undefined {
  const given = Buffer.from(digest(bearer));
  const entry = configuration.security.tokens.find((candidate) =>
    timingSafeEqual(Buffer.from(digest(candidate.token)), given),
  );
  if (entry === undefined) return undefined;
  return {
    user: { id: `token:${entry.name}`, name: entry.name, roles: [...entry.roles] },
    permissions: permissionsOf(entry.roles),
    hasPassword: false,
    sessionToken: undefined,
  };
}

import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance } from 'fastify';
import type { Database } from '../database/index.ts';
import {
  appendAudit,
  closeSession,
  openSession,
  type SignedIn,
  setPassword,
  signInByLink,
  signInByPassword,
} from '../governance/index.ts';
import type { NodeContext } from '../node/context.ts';
import type { Authentication } from './authentication.ts';
import { type Session, SetPassword, SignIn } from './contract.ts';

/** Sign-in, sign-out, password. Each attempt is audited; the number of attempts a minute is limited. */
export function sessionRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): void {
  const { db, configuration } = context;
  const limit = { max: configuration.security.signInAttemptsPerMinute, timeWindow: '1 minute' };
  const names = createAttempts(configuration.security.signInAttemptsPerMinute);

  app.post('/api/session', { config: { rateLimit: limit }, bodyLimit: 4096 }, async (request, reply) => {
    authentication.requireSameOrigin(request);
    const input = SignIn.parse(request.body);
    if ('username' in input) names.take(input.username);
    const signedIn =
      'token' in input
        ? await signInByLink(db, input.token)
        : await signInByPassword(db, input.username, input.password);
    const how = 'token' in input ? 'link' : 'password';
    if (signedIn === undefined) {
      await note(db, 'sign-in-refused', 'node', { how, address: request.ip });
      throw new PhotopeakError('the sign-in was not accepted', {
        code: 'SIGN_IN_REFUSED',
        remedy:
          how === 'link'
            ? 'the link works once and for a day; restart the node for a new one while no password is set'
            : 'check user name and password',
      });
    }
    const token = await openSession(db, signedIn.user.id, configuration.security.sessionHours);
    await note(db, 'sign-in', `user:${signedIn.user.id}`, { how, address: request.ip });
    authentication.setCookie(reply, token);
    return sessionOf(signedIn);
  });

  app.get('/api/session', async (request) => {
    const principal = await authentication.find(request);
    if (principal === undefined) {
      throw new PhotopeakError('you are not signed in', { code: 'HTTP_NOT_SIGNED_IN', remedy: 'sign in' });
    }
    return sessionOf(principal);
  });

  app.delete('/api/session', async (request, reply) => {
    const principal = await authentication.find(request);
    if (principal?.sessionToken !== undefined) {
      authentication.requireSameOrigin(request);
      await closeSession(db, principal.sessionToken);
      await note(db, 'sign-out', `user:${principal.user.id}`, {});
    }
    authentication.clearCookie(reply);
    return reply.status(204).send();
  });

  app.put(
    '/api/session/password',
    { config: { rateLimit: limit }, bodyLimit: 4096 },
    async (request, reply) => {
      const principal = await authentication.find(request);
      if (principal?.sessionToken === undefined) {
        throw new PhotopeakError('you are not signed in', { code: 'HTTP_NOT_SIGNED_IN', remedy: 'sign in' });
      }
      authentication.requireSameOrigin(request);
      await setPassword(db, principal.user.id, SetPassword.parse(request.body), principal.sessionToken);
      return reply.status(204).send();
    },
  );
}

function sessionOf(signedIn: SignedIn): Session {
  return { user: signedIn.user, mustSetPassword: !signedIn.hasPassword };
}

async function note(
  db: Database,
  kind: 'sign-in' | 'sign-in-refused' | 'sign-out',
  actor: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await db
    .transaction()
    .execute((transaction) => appendAudit(transaction, [{ kind, actor, subject: 'session', detail }]));
}

const WINDOW_MS = 60_000;
const MOST_NAMES = 10_000;

/** Attempts per user name: many addresses together must not guess one person's password. */
function createAttempts(perMinute: number): { take(name: string): void } {
  let counts = new Map<string, number>();
  let since = Date.now();
  return {
    take(name) {
      if (Date.now() - since > WINDOW_MS || counts.size > MOST_NAMES) {
        counts = new Map();
        since = Date.now();
      }
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (count > perMinute) {
        throw new PhotopeakError('too many attempts for this user name', {
          code: 'HTTP_TOO_MANY',
          remedy: 'wait a minute',
        });
      }
    },
  };
}

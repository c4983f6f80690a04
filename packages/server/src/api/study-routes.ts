import type { FastifyInstance } from 'fastify';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import type { NodeContext } from '../node/context.ts';
import { studyDetail, worklist } from '../studies/index.ts';
import type { Authentication } from './authentication.ts';
import { type StudyDetail, Uid, type Worklist } from './contract.ts';
import { notFound } from './errors.ts';

/** Pages ask again while a run goes on; who looked at what is written down once in this time. */
const ACCESS_MS = 10 * 60_000;
const MOST_REMEMBERED = 10_000;

function accessNotes(): (db: Database, user: string, study: string) => Promise<void> {
  const noted = new Map<string, number>();
  return async (db, user, study) => {
    const key = `${user} ${study}`;
    if (Date.now() - (noted.get(key) ?? 0) < ACCESS_MS) return;
    if (noted.size > MOST_REMEMBERED) noted.clear();
    noted.set(key, Date.now());
    await db
      .transaction()
      .execute((transaction) =>
        appendAudit(transaction, [
          { kind: 'access', actor: `user:${user}`, subject: `study:${study}`, detail: { how: 'workspace' } },
        ]),
      );
  };
}

export function studyRoutes(app: FastifyInstance, { db }: NodeContext, authentication: Authentication): void {
  const noteAccess = accessNotes();

  app.get('/api/worklist', async (request): Promise<Worklist> => {
    await authentication.require(request, 'read', 'study');
    return { entries: await worklist(db) };
  });

  app.get<{ Params: { uid: string } }>('/api/studies/:uid', async (request): Promise<StudyDetail> => {
    const { user } = await authentication.require(request, 'read', 'study');
    const uid = Uid.parse(request.params.uid);
    const detail = await studyDetail(db, uid);
    if (detail === undefined) throw notFound('study');
    await noteAccess(db, user.id, uid);
    return detail;
  });
}

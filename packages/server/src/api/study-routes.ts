import type { FastifyInstance } from 'fastify';
import type { NodeContext } from '../node/context.ts';
import { studyPriors } from '../priors/index.ts';
import { studyCounts, studyDetail, worklist } from '../studies/index.ts';
import { accessNotes } from './access-notes.ts';
import type { Authentication } from './authentication.ts';
import { type StudyCounts, type StudyDetail, type StudyPriors, Uid, type Worklist } from './contract.ts';
import { notFound } from './errors.ts';

export function studyRoutes(app: FastifyInstance, { db }: NodeContext, authentication: Authentication): void {
  const noteAccess = accessNotes('workspace');

  app.get('/api/worklist', async (request): Promise<Worklist> => {
    await authentication.require(request, 'read', 'study');
    return { entries: await worklist(db) };
  });

  app.get<{ Params: { uid: string } }>('/api/studies/:uid/priors', async (request): Promise<StudyPriors> => {
    await authentication.require(request, 'read', 'study');
    return studyPriors(db, Uid.parse(request.params.uid));
  });

  app.get<{ Params: { uid: string } }>('/api/studies/:uid/counts', async (request): Promise<StudyCounts> => {
    await authentication.require(request, 'read', 'study');
    const counts = await studyCounts(db, Uid.parse(request.params.uid));
    if (counts === undefined) throw notFound('study');
    return counts;
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

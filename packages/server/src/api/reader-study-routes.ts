import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../node/context.ts';
import {
  listReaderStudies,
  type NextReading,
  nextReading,
  pictureFor,
  rate,
} from '../reader-studies/index.ts';
import type { Authentication } from './authentication.ts';
import type { ReaderStudies, ReaderStudyNext } from './contract.ts';
import { ReaderRating } from './contract.ts';

const Place = z.coerce.number().int().min(1);
const Plane = z.coerce.number().int().min(0);
const Side = z.enum(['left', 'right']);

function told(next: NextReading | null): ReaderStudyNext['next'] {
  if (next === null) return null;
  const { display, ...rest } = next;
  return { ...rest, display: { ...display, range: [...display.range], window: [...display.window] } };
}

/** Blinded reading of two arms: what a reader gets says neither which arm it is nor of whom. */
export function readerStudyRoutes(
  app: FastifyInstance,
  { db, archive }: NodeContext,
  authentication: Authentication,
): void {
  app.get('/api/reader-studies', async (request): Promise<ReaderStudies> => {
    const { user } = await authentication.require(request, 'decide', 'run');
    return { studies: await listReaderStudies(db, user.id) };
  });

  app.get<{ Params: { name: string } }>(
    '/api/reader-studies/:name/next',
    async (request): Promise<ReaderStudyNext> => {
      const { user } = await authentication.require(request, 'decide', 'run');
      return { next: told(await nextReading(db, request.params.name, user.id)) };
    },
  );

  app.get<{ Params: { name: string; place: string; side: string; plane: string } }>(
    '/api/reader-studies/:name/cases/:place/:side/:plane',
    async (request, reply) => {
      const { user } = await authentication.require(request, 'decide', 'run');
      const { name, place, side, plane } = request.params;
      const sha256 = await pictureFor(db, name, user.id, {
        place: Place.parse(place),
        side: Side.parse(side),
        plane: Plane.parse(plane),
      });
      // The same address is another picture for another reader: nothing of it is kept.
      void reply.header('Cache-Control', 'no-store').type('image/png');
      return readFile(archive.artifacts.pathOf(sha256));
    },
  );

  app.post<{ Params: { name: string; place: string } }>(
    '/api/reader-studies/:name/cases/:place',
    async (request): Promise<ReaderStudyNext> => {
      const { user } = await authentication.require(request, 'decide', 'run');
      const { name, place } = request.params;
      await rate(db, name, user.id, Place.parse(place), ReaderRating.parse(request.body));
      return { next: told(await nextReading(db, name, user.id)) };
    },
  );
}

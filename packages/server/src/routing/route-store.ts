import { createHash } from 'node:crypto';
import { PhotopeakError } from '@photopeak/imaging';
import {
  type Configuration,
  ConfigurationError,
  type KnownPipeline,
  parseRoutes,
  type RouteSet,
} from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { lineDiff } from './line-diff.ts';

export interface RouteVersion extends RouteSet {
  readonly id: number;
  readonly text: string;
  readonly sha256: string;
}

type Destinations = Configuration['destinations'];

interface Change {
  readonly text: string;
  readonly origin: 'file' | 'editor' | 'rollback';
  readonly author: string;
  readonly note?: string;
}

/**
 * The routes in force, and how they change: a version is checked, written down with its author, audited, and in force
 * for the next study. One that cannot work changes nothing.
 */
export interface RouteStore {
  current(): RouteVersion;
  /** Destinations that routes may name now. Those in force stay as they are. */
  setDestinations(destinations: Destinations): void;
  destinations(): Destinations;
  /** @throws ConfigurationError with line and column of each problem. */
  check(text: string): RouteSet;
  /**
   * Puts a text in force. Without a change no version is made.
   * @throws ConfigurationError; ROUTES_CHANGED where `basedOn` is not in force any more.
   */
  apply(change: Change, basedOn?: number): Promise<RouteVersion>;
  /** Takes over what another process of the node made. */
  refresh(): Promise<void>;
}

export async function openRouteStore(options: {
  readonly db: Database;
  readonly configuration: Configuration;
  readonly pipelines: readonly KnownPipeline[];
  /** Hears why the newest version is not used at the start. */
  onProblem(error: unknown): void;
}): Promise<RouteStore> {
  const { db, configuration, pipelines } = options;
  let destinations: Destinations = configuration.destinations;
  let current: RouteVersion = {
    id: 0,
    text: '',
    sha256: digest(''),
    routes: [],
    limits: { pipelines: {}, destinations: {} },
  };

  const check = (text: string): RouteSet => parseRoutes(text, { destinations, pipelines });

  async function apply(change: Change, basedOn?: number): Promise<RouteVersion> {
    const set = check(change.text);
    const sha256 = digest(change.text);
    const made = await db.transaction().execute(async (transaction) => {
      await transaction.selectFrom('audit_head').select('one').forUpdate().execute();
      const newest = await readNewest(transaction);
      if (basedOn !== undefined && newest !== undefined && newest.id !== basedOn) {
        throw new PhotopeakError('the routes were changed in the meantime', {
          code: 'ROUTES_CHANGED',
          expected: `version ${basedOn}`,
          found: `version ${newest.id}`,
          remedy: 'open the newest version and make the change there',
        });
      }
      if (newest?.sha256 === sha256) return newest.id;
      const { id } = await transaction
        .insertInto('route_version')
        .values({
          text: change.text,
          sha256,
          origin: change.origin,
          author: change.author,
          note: change.note ?? '',
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      const diff = lineDiff(newest?.text ?? '', change.text);
      await appendAudit(transaction, [
        {
          kind: 'routes',
          actor: change.author,
          subject: `routes:${id}`,
          detail: {
            origin: change.origin,
            sha256,
            before: newest?.sha256 ?? null,
            routes: set.routes.map(({ name }) => name),
            added: diff.filter(({ kind }) => kind === 'added').map(({ text }) => text),
            removed: diff.filter(({ kind }) => kind === 'removed').map(({ text }) => text),
          },
        },
      ]);
      return id;
    });
    current = { ...set, id: made, text: change.text, sha256 };
    return current;
  }

  /** What the file says counts only where it changed since it was last taken over: the editor may have come after it. */
  async function start(): Promise<void> {
    const lastFile = await db
      .selectFrom('route_version')
      .select('sha256')
      .where('origin', '=', 'file')
      .orderBy('id', 'desc')
      .executeTakeFirst();
    const newest = await readNewest(db);
    const file = { text: configuration.routesText, origin: 'file', author: 'node' } as const;
    if (newest === undefined || lastFile?.sha256 !== digest(file.text)) {
      await apply(file);
      return;
    }
    try {
      current = { ...check(newest.text), ...newest };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      options.onProblem(error);
      await apply({ ...file, note: 'the newest version cannot work any more' });
    }
  }

  await start();
  return {
    current: () => current,
    destinations: () => destinations,
    setDestinations(next) {
      destinations = next;
    },
    check,
    apply,
    async refresh() {
      const newest = await db
        .selectFrom('route_version')
        .select('id')
        .orderBy('id', 'desc')
        .executeTakeFirst();
      if (newest === undefined || newest.id === current.id) return;
      const row = await readNewest(db);
      if (row !== undefined) current = { ...check(row.text), ...row };
    },
  };
}

function readNewest(db: Database) {
  return db
    .selectFrom('route_version')
    .select(['id', 'text', 'sha256'])
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

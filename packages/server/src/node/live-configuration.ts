import { watch } from 'node:fs';
import path from 'node:path';
import { type Configuration, type KnownPipeline, loadConfiguration } from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import type { Logger } from '../operations/index.ts';
import type { RouteStore } from '../routing/index.ts';

/** An editor writes a file in several steps; it is read when it has been still for this long. */
const STILL_MS = 300;

/** What can change while the node runs; the rest of the file counts at the next start. */
const LIVE = ['routes', 'limits', 'destinations', 'routesText'] as const;

/** The configuration whose routes and destinations are always those in force. */
export function liveConfiguration(first: Configuration, store: RouteStore): Configuration {
  return {
    ...first,
    get routes() {
      return [...store.current().routes];
    },
    get limits() {
      return store.current().limits;
    },
    get destinations() {
      return store.destinations();
    },
  };
}

export interface ConfigurationWatch {
  /** Reads the file now. @throws ConfigurationError; the last good set goes on. */
  reload(): Promise<ReloadReport>;
  close(): void;
}

export interface ReloadReport {
  readonly version: number;
  /** Settings that differ from those the node was started with and count at its next start. */
  readonly afterRestart: readonly string[];
}

/** Watches the configuration file: what it says of routes and destinations counts as soon as it is written. */
export function watchConfiguration(options: {
  readonly file: string;
  readonly started: Configuration;
  readonly store: RouteStore;
  readonly pipelines: readonly KnownPipeline[];
  readonly db: Database;
  readonly log: Logger;
  onDestinations(): void;
}): ConfigurationWatch {
  const { started, store, pipelines, db, log } = options;
  const file = path.resolve(options.file);
  let running: Promise<unknown> = Promise.resolve();

  async function read(): Promise<ReloadReport> {
    const configuration = await loadConfiguration(file, process.env, pipelines);
    const before = store.destinations();
    const destinationsChanged = JSON.stringify(before) !== JSON.stringify(configuration.destinations);
    store.setDestinations(configuration.destinations);
    let { id } = store.current();
    try {
      const lastFile = await lastFileText(db);
      if (lastFile !== configuration.routesText)
        ({ id } = await store.apply({ text: configuration.routesText, origin: 'file', author: 'node' }));
      else if (destinationsChanged) store.check(store.current().text);
    } catch (error) {
      store.setDestinations(before);
      throw error;
    }
    if (destinationsChanged) {
      const names = configuration.destinations.map(({ name }) => name);
      await db.transaction().execute((transaction) =>
        appendAudit(transaction, [
          {
            kind: 'configuration',
            actor: 'node',
            subject: 'configuration',
            detail: { destinations: names },
          },
        ]),
      );
      options.onDestinations();
    }
    const afterRestart = Object.keys(configuration).filter(
      (key) =>
        !LIVE.some((name) => name === key) &&
        JSON.stringify(configuration[key as keyof Configuration]) !==
          JSON.stringify(started[key as keyof Configuration]),
    );
    if (afterRestart.length > 0)
      log.warn({ settings: afterRestart }, 'these settings count at the next start');
    return { version: id, afterRestart };
  }

  function reload(): Promise<ReloadReport> {
    const next = running.then(read);
    running = next.catch(() => undefined);
    return next;
  }

  function reloadQuietly(): void {
    reload().then(
      ({ version }) => log.info({ file, version }, 'the configuration was read again'),
      (error: unknown) =>
        log.error({ err: error }, 'the configuration file cannot be used; the last good one goes on'),
    );
  }

  let timer: NodeJS.Timeout | undefined;
  // The folder is watched: editors replace the file by another one of its name.
  const watcher = watch(path.dirname(file), (_, name) => {
    if (name !== path.basename(file)) return;
    clearTimeout(timer);
    timer = setTimeout(reloadQuietly, STILL_MS);
  });
  watcher.on('error', (error) => log.warn({ err: error }, 'the configuration file is not watched any more'));
  process.on('SIGHUP', reloadQuietly);
  return {
    reload,
    close() {
      clearTimeout(timer);
      watcher.close();
      process.off('SIGHUP', reloadQuietly);
    },
  };
}

async function lastFileText(db: Database): Promise<string | undefined> {
  const row = await db
    .selectFrom('route_version')
    .select('text')
    .where('origin', '=', 'file')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return row?.text;
}

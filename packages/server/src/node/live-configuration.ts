import { watch } from 'node:fs';
import path from 'node:path';
import {
  type Configuration,
  changedSettings,
  inForce,
  type KnownPipeline,
  loadConfiguration,
} from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import type { Logger } from '../operations/index.ts';
import type { RouteStore } from '../routing/index.ts';

/** An editor writes a file in several steps; it is read when it has been still for this long. */
const STILL_MS = 300;

export interface LiveConfiguration {
  /** Reads as the configuration in force at this moment; whoever keeps a part of it keeps what was. */
  readonly value: Configuration;
  take(next: Configuration): void;
}

/** A configuration whose settings are always those in force; routes, limits and destinations are those of the store. */
export function liveConfiguration(first: Configuration, store: RouteStore): LiveConfiguration {
  let current = first;
  const properties = Object.keys(first).map((key) => [
    key,
    { enumerable: true, get: () => current[key as keyof Configuration] as unknown },
  ]);
  const value = Object.defineProperties(
    {},
    {
      ...Object.fromEntries(properties),
      routes: { enumerable: true, get: () => [...store.current().routes] },
      limits: { enumerable: true, get: () => store.current().limits },
      destinations: { enumerable: true, get: () => store.destinations() },
    },
  ) as Configuration;
  return {
    value,
    take(next) {
      current = next;
    },
  };
}

export interface ConfigurationWatch {
  /** Reads the file now. @throws ConfigurationError; the last good set goes on. */
  reload(): Promise<ReloadReport>;
  close(): void;
}

export interface ReloadReport {
  /** Of the routes. */
  readonly version: number;
  /** Settings that changed and are in force now. */
  readonly applied: readonly string[];
  /** Settings of the file that differ from what is in force and count at the next start. */
  readonly afterRestart: readonly string[];
}

/** Watches the configuration file: what can change while the node runs counts as soon as it is written. */
export function watchConfiguration(options: {
  readonly file: string;
  readonly started: Configuration;
  readonly live: LiveConfiguration;
  readonly store: RouteStore;
  readonly pipelines: readonly KnownPipeline[];
  readonly db: Database;
  readonly log: Logger;
  /** Hears what changed once it is in force. */
  onApplied(settings: readonly string[]): void;
}): ConfigurationWatch {
  const { started, live, store, pipelines, db, log } = options;
  const file = path.resolve(options.file);
  let running: Promise<unknown> = Promise.resolve();

  async function read(): Promise<ReloadReport> {
    const configuration = await loadConfiguration(file, process.env, pipelines);
    const next = inForce(started, configuration);
    const before = { ...live.value };
    const { id: versionBefore } = store.current();
    const { id: version } = await takeRoutes(configuration);
    // Routes and limits are versions of their own: the editor may have changed them after the file.
    const isOfRoutes = (setting: string) => setting === 'routes' || setting === 'limits';
    const applied = [
      ...(version === versionBefore ? [] : ['routes']),
      ...changedSettings(before, next).filter((setting) => !isOfRoutes(setting)),
    ];
    live.take(next);
    if (applied.length > 0) {
      await db
        .transaction()
        .execute((transaction) =>
          appendAudit(transaction, [
            { kind: 'configuration', actor: 'node', subject: 'configuration', detail: { settings: applied } },
          ]),
        );
      options.onApplied(applied);
    }
    const afterRestart = changedSettings(next, configuration).filter((setting) => !isOfRoutes(setting));
    if (afterRestart.length > 0)
      log.warn({ settings: afterRestart }, 'these settings count at the next start');
    return { version, applied, afterRestart };
  }

  /** Routes of the file count where it changed since it was last taken over. */
  async function takeRoutes(configuration: Configuration): Promise<{ readonly id: number }> {
    const before = store.destinations();
    store.setDestinations(configuration.destinations);
    try {
      if ((await lastFileText(db)) !== configuration.routesText)
        return await store.apply({ text: configuration.routesText, origin: 'file', author: 'node' });
      if (JSON.stringify(before) !== JSON.stringify(configuration.destinations))
        store.check(store.current().text);
      return store.current();
    } catch (error) {
      store.setDestinations(before);
      throw error;
    }
  }

  function reload(): Promise<ReloadReport> {
    const next = running.then(read);
    running = next.catch(() => undefined);
    return next;
  }

  function reloadQuietly(): void {
    reload().then(
      ({ version, applied, afterRestart }) =>
        log.info({ file, version, applied, afterRestart }, 'the configuration was read again'),
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

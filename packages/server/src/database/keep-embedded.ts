import { setTimeout as pause } from 'node:timers/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';

const WATCH_MS = 500;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

type KeptPostgres = Pick<EmbeddedPostgres, 'url' | 'release'>;

/** What an administrator hears of a database that ended by itself. */
interface KeeperLog {
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/**
 * Starts the embedded server and starts it again whenever it ends without being asked to (killed, out of memory):
 * PostgreSQL recovers what was committed from its log. Whoever uses the database sees broken connections in between
 * and tries again; the address stays the same.
 * @throws PhotopeakError DATABASE_* for the first start only
 */
export async function keepEmbeddedPostgres(folder: string, log: KeeperLog): Promise<KeptPostgres> {
  const stopping = new AbortController();
  let server = await startEmbeddedPostgres(folder);
  const watch = (async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (await waited(WATCH_MS, stopping.signal)) {
      if (isAlive(server.pid)) continue;
      log.error({ pid: server.pid }, 'the embedded database ended; it is started again');
      try {
        server = await startEmbeddedPostgres(folder);
        log.warn({ pid: server.pid }, 'the embedded database is back');
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        log.error({ err: error, pauseMs }, 'the embedded database could not be started; it is tried again');
        await waited(pauseMs, stopping.signal);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      }
    }
  })();
  return {
    url: server.url,
    async release() {
      stopping.abort();
      await watch;
      await server.release();
    },
  };
}

/** False when somebody asked to stop. */
async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return pause(milliseconds, true, { signal }).catch(() => false);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

import pg from 'pg';

/** A connection whose session holds advisory locks for as long as this process can be reached. */
export interface LockSession {
  readonly client: pg.Client;
  /** Resolves when the session has ended, and its locks with it. */
  readonly lost: Promise<void>;
}

/**
 * A network that dies silently: both sides notice in about 15 s, the server drops the session, and with it the locks.
 * @throws what the driver throws where the database cannot be reached
 */
export async function openLockSession(url: string): Promise<LockSession> {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  });
  const lost = new Promise<void>((resolve) => {
    client.on('error', () => resolve());
    client.on('end', () => resolve());
  });
  await client.connect();
  await client.query(
    "set tcp_keepalives_idle = '5s'; set tcp_keepalives_interval = '5s'; set tcp_keepalives_count = 2",
  );
  return { client, lost };
}

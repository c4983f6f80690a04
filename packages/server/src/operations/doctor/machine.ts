import { execFile } from 'node:child_process';
import { mkdtemp, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Configuration } from '../../config/index.ts';
import { type DoctorFinding, guarded, ok, problem, warning } from './finding.ts';

const MEGABYTE = 1024 ** 2;
/** A whole-body PET/CT and its intermediate volumes in one worker. */
const WORKER_MEGABYTES = 2048;
/** Incoming phantoms, sockets, sorting of the database. */
const TEMPORARY_MEGABYTES = 1024;
const FEW_INODES = 10_000;
/** Above this each instance waits noticeably for its sync. */
const SLOW_SYNC_MS = 100;
const OLDEST_NODE = 24;

/** The machine itself: program, memory, disks, rights, graphics processor. */
export async function checkMachine(
  configuration: Configuration,
  dataFolder: string,
): Promise<DoctorFinding[]> {
  const checks = [
    guarded('program', 'install Node 24', async () => checkProgram()),
    guarded('memory', 'give the machine more memory', async () => checkMemory(configuration)),
    guarded('data folder', 'let this account write there, or name another folder with --data', () =>
      checkWriting('data folder', dataFolder),
    ),
    guarded('disk of the data folder', 'check that the disk is there', () =>
      checkSpace('disk of the data folder', dataFolder, configuration.archive.reserveMegabytes),
    ),
    guarded('temporary folder', 'let this account write there, or set TMPDIR', () =>
      checkWriting('temporary folder', os.tmpdir(), false),
    ),
    guarded('disk of the temporary folder', 'set TMPDIR to a disk that is there', () =>
      checkSpace('disk of the temporary folder', os.tmpdir(), TEMPORARY_MEGABYTES),
    ),
    ...configuration.sources.flatMap((source) =>
      source.kind === 'folder'
        ? [guarded(`source ${source.name}`, 'make the folder', () => checkSource(source.name, source.path))]
        : [],
    ),
    guarded('graphics processor', 'install its driver', checkGraphics),
  ];
  return (await Promise.all(checks)).flat();
}

function checkProgram(): DoctorFinding {
  const { node } = process.versions;
  const found = `Node ${node} on ${process.platform} ${process.arch}, ${os.availableParallelism()} processors`;
  return Number(node.split('.')[0]) >= OLDEST_NODE
    ? ok('program', found)
    : problem('program', found, 'start it with npx photopeak, which fetches the Node that it needs');
}

function checkMemory(configuration: Configuration): DoctorFinding {
  const total = Math.floor(os.totalmem() / MEGABYTE);
  const { workers, runsPerWorker } = configuration.workflow;
  const wanted = WORKER_MEGABYTES * (1 + workers * runsPerWorker);
  const found = `${total} MB, ${workers} × ${runsPerWorker} runs at once`;
  return total >= wanted
    ? ok('memory', found)
    : warning('memory', found, `give it ${wanted} MB, or lower workflow.workers or runsPerWorker`);
}

/** Writes, syncs and removes a small file, as the archive does for each instance. */
async function checkWriting(name: string, folder: string, mustBeFast = true): Promise<DoctorFinding> {
  const present = await existing(folder);
  const probe = await mkdtemp(path.join(present, '.photopeak-doctor-'));
  try {
    const handle = await open(path.join(probe, 'probe'), 'wx');
    const started = performance.now();
    await handle.writeFile(Buffer.alloc(4096));
    await handle.sync();
    const took = performance.now() - started;
    await handle.close();
    const account = os.userInfo().username;
    const found = `${present} is writable for ${account}, a sync takes ${took.toFixed(1)} ms`;
    return took <= SLOW_SYNC_MS || !mustBeFast
      ? ok(name, found)
      : warning(name, found, 'a faster disk takes instances faster; nothing is lost on a slow one');
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

async function checkSpace(name: string, folder: string, reserve: number): Promise<DoctorFinding> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(await existing(folder));
  const free = Math.floor((bavail * bsize) / MEGABYTE);
  const total = Math.floor((blocks * bsize) / MEGABYTE);
  const found = `${free} of ${total} MB free, ${files === 0 ? 'any number of files' : `${ffree} more files`}`;
  if (free < reserve || (files > 0 && ffree < FEW_INODES / 10)) {
    return problem(name, found, `make space: below ${reserve} MB new instances are refused (A700)`);
  }
  if (free < 4 * reserve || (files > 0 && ffree < FEW_INODES)) {
    return warning(name, found, `make space soon: below ${reserve} MB new instances are refused (A700)`);
  }
  return ok(name, found);
}

async function checkSource(name: string, folder: string): Promise<DoctorFinding> {
  const files = (await readdir(folder)).length;
  const finding = await checkWriting(`source ${name}`, folder, false);
  return { ...finding, found: `${finding.found}, ${files} entries` };
}

/** The nearest folder on the way that exists: a first start makes the others. */
async function existing(folder: string): Promise<string> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found?.isDirectory()) return at;
    if (at === path.dirname(at)) return at;
  }
}

async function checkGraphics(): Promise<DoctorFinding> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 });
    return ok('graphics processor', stdout.trim().split('\n').join('; '));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return ok('graphics processor', 'none found; the pipelines of this version do not need one');
    }
    return warning(
      'graphics processor',
      'nvidia-smi does not answer',
      'check the driver; the pipelines of this version do not need it',
    );
  }
}

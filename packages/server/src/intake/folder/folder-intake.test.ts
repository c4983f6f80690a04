import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIndexWriter, createIntakeSink, openArchive } from '../../archive/index.ts';
import { startTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { testInstance, testStudy } from '../../testing/instances.ts';
import type { IntakeSink } from '../sink.ts';
import { type FolderEvent, type FolderIntake, type FolderIntakeOptions, startFolderIntake } from './index.ts';

let database: TestDatabase;
let folder: string;
let sink: IntakeSink;
let events: FolderEvent[];
let settled: string[];
let running: FolderIntake[];
let studies = 0;

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.stop());

beforeEach(async () => {
  folder = await mkdtemp(path.join(database.folder, 'watched-'));
  events = [];
  settled = [];
  running = [];
  sink = await sinkWith(0);
});
afterEach(() => Promise.all(running.map((intake) => intake.stop())));

async function sinkWith(reserveMegabytes: number): Promise<IntakeSink> {
  const data = await mkdtemp(path.join(database.folder, 'data-'));
  const archive = await openArchive(data, { reserveMegabytes, maximumInstanceMegabytes: 64 });
  return createIntakeSink({
    archive,
    index: createIndexWriter(database.db),
    quietSeconds: 30,
    events: {
      async settled(uids) {
        settled.push(...uids);
      },
    },
  });
}

async function watch(options: Partial<FolderIntakeOptions> = {}): Promise<FolderIntake> {
  const intake = await startFolderIntake({
    sink,
    folder,
    afterwards: 'keep',
    everyMs: 20,
    stableMs: 60,
    onEvent: (event) => events.push(event),
    ...options,
  });
  running.push(intake);
  return intake;
}

/** A study that no other test uses. */
function newStudy() {
  studies += 1;
  return testStudy(`folder ${studies}`, 2);
}

async function filesIn(where: string): Promise<string[]> {
  const entries = await readdir(where, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => path.relative(where, path.join(entry.parentPath, entry.name))).sort();
}

/** Asks again and again; how long it takes depends on what else the machine does. */
const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 30_000 });

const kinds = () => events.map(({ kind }) => kind);

describe('a watched folder', () => {
  it('takes a study from a stick, folders and all, and keeps the files', async () => {
    const study = newStudy();
    await mkdir(path.join(folder, 'PAT', 'SER'), { recursive: true });
    for (const [i, { bytes }] of study.entries())
      await writeFile(path.join(folder, 'PAT', 'SER', `${i}`), bytes);
    await watch();
    await eventually(() => settled).toEqual([study[0]!.study]);
    await eventually(() => filesIn(folder)).toEqual(
      study.map((_, i) => path.join('taken', 'PAT', 'SER', `${i}`)),
    );
    expect((await readFile(path.join(folder, 'taken', 'PAT', 'SER', '0'))).equals(study[0]!.bytes)).toBe(
      true,
    );
    expect(kinds()).toEqual(study.map(() => 'taken'));
  });

  it('removes what it took only where that is configured', async () => {
    const study = newStudy();
    for (const [i, { bytes }] of study.entries()) await writeFile(path.join(folder, `${i}`), bytes);
    await watch({ afterwards: 'remove' });
    await eventually(() => settled).toEqual([study[0]!.study]);
    await eventually(() => filesIn(folder)).toEqual([]);
  });

  it('waits for a file that is still being written', async () => {
    const [first] = newStudy();
    const file = path.join(folder, 'slow.dcm');
    // Much longer than a busy machine keeps the writer from its next piece.
    await watch({ stableMs: 2000 });
    for (let at = 0; at < first!.bytes.length; at += 200) {
      await appendFile(file, first!.bytes.subarray(at, at + 200));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await eventually(kinds).toEqual(['taken']);
    await eventually(() => filesIn(folder)).toEqual([path.join('taken', 'slow.dcm')]);
  });

  it('moves what is no instance aside, with the reason beside it', async () => {
    await writeFile(path.join(folder, 'report.pdf'), 'not DICOM, but long enough to be looked at'.repeat(20));
    await writeFile(path.join(folder, 'cut.dcm'), newStudy()[0]!.bytes.subarray(0, 700));
    await watch();
    await eventually(kinds).toEqual(['rejected', 'rejected']);
    await eventually(() => filesIn(folder)).toEqual(
      ['cut.dcm', 'cut.dcm.reason.txt', 'report.pdf', 'report.pdf.reason.txt'].map((n) =>
        path.join('rejected', n),
      ),
    );
    const reason = await readFile(path.join(folder, 'rejected', 'report.pdf.reason.txt'), 'utf8');
    expect(reason).toMatch(/^INTAKE_UNREADABLE: /);
  });

  it('never replaces a file that it put away before', async () => {
    const [first, second] = newStudy();
    await watch();
    await writeFile(path.join(folder, 'IM0001'), first!.bytes);
    await eventually(() => filesIn(folder)).toEqual([path.join('taken', 'IM0001')]);
    await writeFile(path.join(folder, 'IM0001'), second!.bytes);
    await expect
      .poll(() => filesIn(folder))
      .toEqual(['IM0001', 'IM0001.1'].map((n) => path.join('taken', n)));
  });

  it('leaves files where they are while the archive is full, and takes them when there is room', async () => {
    const study = newStudy();
    for (const [i, { bytes }] of study.entries()) await writeFile(path.join(folder, `${i}`), bytes);
    const full = await watch({ sink: await sinkWith(1e12) });
    await eventually(() => kinds().filter((kind) => kind === 'postponed').length).toBeGreaterThan(3);
    await full.stop();
    expect(await filesIn(folder)).toEqual(study.map((_, i) => `${i}`));
    expect(settled).toEqual([]);
    await watch();
    await eventually(() => settled).toEqual([study[0]!.study]);
  });

  it('does not look at hidden, unfinished and linked files', async () => {
    const [first] = newStudy();
    const outside = path.join(database.folder, 'outside.dcm');
    await writeFile(outside, first!.bytes);
    await symlink(outside, path.join(folder, 'link.dcm'));
    await symlink('/', path.join(folder, 'root'));
    await writeFile(path.join(folder, '.hidden'), first!.bytes);
    await writeFile(path.join(folder, 'copying.dcm.part'), first!.bytes);
    await watch();
    await writeFile(path.join(folder, 'seen.dcm'), first!.bytes);
    await eventually(kinds).toEqual(['taken']);
    expect((await readdir(folder)).sort()).toEqual(
      ['.hidden', 'copying.dcm.part', 'link.dcm', 'root', 'taken'].sort(),
    );
  });

  it('takes each file once from a share that it may not change', async () => {
    const instance = testInstance({ study: 'read-only share' });
    await writeFile(path.join(folder, 'taken'), 'a file where the folder should be');
    await writeFile(path.join(folder, '1.dcm'), instance.bytes);
    await chmod(folder, 0o555);
    await watch();
    await eventually(kinds).toEqual(['taken', 'problem']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(kinds()).toEqual(['taken', 'problem']);
    expect(settled).toEqual([instance.study]);
    await chmod(folder, 0o755);
  });

  it('goes on after the folder was away for a while', async () => {
    await watch();
    await rename(folder, `${folder}-away`);
    await eventually(() => kinds().includes('problem')).toBe(true);
    await rename(`${folder}-away`, folder);
    await writeFile(path.join(folder, '1.dcm'), newStudy()[0]!.bytes);
    await eventually(() => kinds().includes('taken')).toBe(true);
  });
});

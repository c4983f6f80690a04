import { mkdtemp, open, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { associate, type DimseServer, fromBytes, readFileHead, store } from '@photopeak/dimse';
import { describeWithPeers, spawnPeer } from '@photopeak/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Archive, createIndexWriter, createIntakeSink, openArchive } from '../../archive/index.ts';
import { startTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { type TestInstance, testInstance, testStudy } from '../../testing/instances.ts';
import { type DimseIntakeOptions, startDimseIntake } from './index.ts';

const SETTINGS = { reserveMegabytes: 0, maximumInstanceMegabytes: 64 };
const EXPLICIT = '1.2.840.10008.1.2.1';

let database: TestDatabase;
let archive: Archive;
let server: DimseServer;
let settled: string[][];

beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.stop());

beforeEach(async () => {
  archive = await openArchive(await mkdtemp(path.join(database.folder, 'data-')), SETTINGS);
  settled = [];
  server = await start(archive);
});
afterEach(() => server.close(0));

function start(to: Archive, options: Partial<DimseIntakeOptions> = {}): Promise<DimseServer> {
  const sink = createIntakeSink({
    archive: to,
    index: createIndexWriter(database.db),
    quietSeconds: 30,
    events: {
      async settled(studies) {
        settled.push([...studies]);
      },
    },
  });
  const listener = { aeTitles: ['PHOTOPEAK'], peers: 'any', host: '127.0.0.1', port: 0 } as const;
  return startDimseIntake({ ...listener, sink, ...options });
}

/** Asks again and again; how long it takes depends on what else the machine does. */
const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 30_000 });

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** The data set of a Part 10 file: what a sender puts on the wire. */
async function dataSetOf(file: string): Promise<Buffer> {
  await using handle = await open(file, 'r');
  const { dataSetOffset } = await readFileHead(handle, file);
  return (await readFile(file)).subarray(dataSetOffset);
}

async function written(instance: TestInstance): Promise<string> {
  const file = path.join(await mkdtemp(path.join(database.folder, 'sent-')), 'instance.dcm');
  await writeFile(file, instance.bytes);
  return file;
}

/** A modality that opens an association for CT and stores data sets as it is told. */
async function modality(port: number) {
  const ct = '1.2.840.10008.5.1.4.1.1.2';
  const peer = { host: '127.0.0.1', port, calledAeTitle: 'PHOTOPEAK', callingAeTitle: 'CT1' };
  const association = await associate(peer, {
    contexts: [{ abstractSyntax: ct, transferSyntaxes: [EXPLICIT] }],
  });
  return {
    send: (sopInstanceUid: string, dataSet: Uint8Array) =>
      store(
        association,
        { sopClassUid: ct, sopInstanceUid, transferSyntaxUid: EXPLICIT },
        fromBytes(dataSet),
      ),
    release: () => association.release(),
    abort: () => association.abort(),
  };
}

describe('a modality stores into the node', () => {
  it('is told success only when the instance is on disk and indexed, byte for byte', async () => {
    const instance = testInstance({ study: 'stored', size: 1200 });
    const dataSet = await dataSetOf(await written(instance));
    const ct = await modality(server.port);
    expect((await ct.send(instance.sop, dataSet)).status).toBe(0);
    const row = await database.db
      .selectFrom('instance')
      .selectAll()
      .where('sop_instance_uid', '=', instance.sop)
      .executeTakeFirstOrThrow();
    expect((await dataSetOf(archive.instances.pathOf(row.sha256))).equals(dataSet)).toBe(true);
    expect(settled).toEqual([]);
    await ct.release();
    await eventually(() => settled).toEqual([[instance.study]]);
  });

  it('may send an instance twice: success, and one copy', async () => {
    const instance = testInstance({ study: 'twice' });
    const dataSet = await dataSetOf(await written(instance));
    const ct = await modality(server.port);
    expect((await ct.send(instance.sop, dataSet)).status).toBe(0);
    expect((await ct.send(instance.sop, dataSet)).status).toBe(0);
    expect(await filesIn(archive.instances.folder)).toHaveLength(1);
    await ct.release();
  });

  it('sends other bytes under a known UID: the first stays, the second is kept aside, a warning says so', async () => {
    const first = testInstance({ study: 'conflict' });
    const second = testInstance({ study: 'conflict', fill: 9 });
    const [one, two] = [await dataSetOf(await written(first)), await dataSetOf(await written(second))];
    const ct = await modality(server.port);
    expect((await ct.send(first.sop, one)).status).toBe(0);
    expect(await ct.send(first.sop, two)).toMatchObject({ status: 0xb000 });
    const [kept] = await filesIn(archive.instances.folder);
    const [aside] = await filesIn(archive.quarantine.folder);
    expect((await dataSetOf(kept!)).equals(one)).toBe(true);
    expect((await dataSetOf(aside!)).equals(two)).toBe(true);
    await ct.release();

    const quiet = await start(archive, { conflictAnswer: 'success' });
    const other = await modality(quiet.port);
    expect((await other.send(first.sop, two)).status).toBe(0);
    await other.release();
    await quiet.close();
  });

  it('is refused with A700 when the disk is full, and nothing of the instance stays', async () => {
    const folder = await mkdtemp(path.join(database.folder, 'full-'));
    const full = await openArchive(folder, { ...SETTINGS, reserveMegabytes: 1e12 });
    const refusing = await start(full);
    const instance = testInstance({ study: 'full' });
    const ct = await modality(refusing.port);
    const answer = await ct.send(instance.sop, await dataSetOf(await written(instance)));
    expect(answer).toMatchObject({ status: 0xa700, comment: expect.stringMatching(/space/) });
    expect(await filesIn(full.instances.folder)).toEqual([]);
    await ct.release();
    await refusing.close();
  });

  it('sends what cannot be read, or something else than it says: refused by name, and the next is taken', async () => {
    const good = testInstance({ study: 'mixed' });
    const dataSet = await dataSetOf(await written(good));
    const ct = await modality(server.port);
    const unreadable = await ct.send('2.25.1', Buffer.from('this is no data set at all, is it?'));
    expect(unreadable.status >> 12).toBe(0xc);
    expect(unreadable.comment).toBeTruthy();
    expect((await ct.send('2.25.2', dataSet)).status).toBe(0xa900);
    const truncated = await ct.send(good.sop, dataSet.subarray(0, dataSet.length - 100));
    expect(truncated.status >> 12).toBe(0xc);
    expect((await ct.send(good.sop, dataSet)).status).toBe(0);
    expect(await filesIn(archive.instances.folder)).toHaveLength(1);
    await ct.release();
  });

  it('dies in the middle of a study: what was answered stays, the study is not taken for complete', async () => {
    const instance = testInstance({ study: 'dies' });
    const ct = await modality(server.port);
    expect((await ct.send(instance.sop, await dataSetOf(await written(instance)))).status).toBe(0);
    const half = ct.send('2.25.3', new Uint8Array(64 * 1024 * 1024)).catch(() => undefined);
    ct.abort();
    await half;
    await eventually(() => server.associations).toBe(0);
    await eventually(() => filesIn(archive.instances.folder)).toHaveLength(1);
    expect(settled).toEqual([]);
  });
});

describeWithPeers('storescu stores into the node', ['storescu'], () => {
  it('once each, from several processes at the same time', async () => {
    const study = testStudy('storescu', 6);
    const folder = await mkdtemp(path.join(database.folder, 'study-'));
    for (const [index, { bytes }] of study.entries())
      await writeFile(path.join(folder, `${index}.dcm`), bytes);
    const args = ['-aec', 'PHOTOPEAK', '+sd', '127.0.0.1', String(server.port), folder];
    const runs = await Promise.all([1, 2, 3].map(() => spawnPeer('storescu', args)));
    expect(runs).toEqual(Array(3).fill({ status: 0, output: '' }));
    const rows = await database.db
      .selectFrom('instance')
      .select('sop_instance_uid')
      .where('study_instance_uid', '=', study[0]!.study)
      .execute();
    expect(rows.map((row) => row.sop_instance_uid).sort()).toEqual(study.map(({ sop }) => sop).sort());
    expect(await filesIn(archive.instances.folder)).toHaveLength(study.length);
    expect(await filesIn(archive.quarantine.folder)).toEqual([]);
  });
});

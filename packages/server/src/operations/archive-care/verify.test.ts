import { appendFile, readFile, rm, stat, truncate } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Archive, createIndexWriter, createIntakeSink, openArchive } from '../../archive/index.ts';
import type { IntakeSession } from '../../intake/sink.ts';
import { startTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { type TestInstance, testStudy } from '../../testing/instances.ts';
import { checkLastArrivals, openProblems, verifyArchive } from './index.ts';

describe('an archive on a disk that forgets', () => {
  let database: TestDatabase;
  let archive: Archive;
  let session: IntakeSession;
  const study = testStudy('verify', 3);

  async function send(instance: TestInstance) {
    const file = await session.begin();
    await file.write([instance.bytes]);
    return file.commit();
  }
  const fileOf = async ({ sop }: TestInstance) => {
    const row = await database.db
      .selectFrom('instance')
      .select('sha256')
      .where('sop_instance_uid', '=', sop)
      .executeTakeFirstOrThrow();
    return { sha256: row.sha256, path: archive.instances.pathOf(row.sha256) };
  };

  beforeAll(async () => {
    database = await startTestDatabase();
    archive = await openArchive(database.folder, { reserveMegabytes: 0, maximumInstanceMegabytes: 64 });
    const source = { kind: 'dimse', callingAeTitle: 'CT1', calledAeTitle: 'X', address: '10.0.0.1' } as const;
    const index = createIndexWriter(database.db);
    session = createIntakeSink({ archive, index, quietSeconds: 30 }).open(source);
    for (const instance of study) await send(instance);
  });
  afterAll(() => database.stop());

  it('is in order when nothing happened to it', async () => {
    const outcome = await verifyArchive({ db: database.db, archive });
    expect(outcome).toMatchObject({ ok: true, files: study.length, problems: [], unindexed: [] });
    expect(outcome.bytes).toBe(study.reduce((sum, { bytes }) => sum + bytes.length, 0));
  });

  it('a flipped byte and a lost file are found, with whom to ask for them; nothing is changed', async () => {
    const damaged = await fileOf(study[0]!);
    const lost = await fileOf(study[1]!);
    const good = await readFile(lost.path);
    await appendFile(damaged.path, 'x');
    await rm(lost.path);
    const outcome = await verifyArchive({ db: database.db, archive });
    expect(outcome.problems).toMatchObject([
      {
        code: 'ARCHIVE_DAMAGED',
        sha256: damaged.sha256,
        instance: { sopInstanceUid: study[0]!.sop, studyInstanceUid: study[0]!.study },
        copies: ['sender CT1 at 10.0.0.1'],
      },
      { code: 'ARCHIVE_MISSING', sha256: lost.sha256, instance: { sopInstanceUid: study[1]!.sop } },
    ]);
    await expect(stat(damaged.path)).resolves.toBeTruthy();
    // The same instance sent again: the archive knows it, and the file is there again.
    expect((await send({ ...study[1]!, bytes: good })).status).toBe('duplicate');
    expect((await readFile(lost.path)).equals(good)).toBe(true);
  });

  it('set aside, a damaged instance can be sent again and is new', async () => {
    const damaged = await fileOf(study[0]!);
    const outcome = await verifyArchive({ db: database.db, archive, setAside: true });
    expect(outcome.problems).toMatchObject([{ code: 'ARCHIVE_DAMAGED', sha256: damaged.sha256 }]);
    await expect(stat(outcome.problems[0]!.movedTo!)).resolves.toBeTruthy();
    expect((await send(study[0]!)).status).toBe('stored');
    expect(await verifyArchive({ db: database.db, archive })).toMatchObject({ ok: true });
    const entries = await database.db.selectFrom('audit').select('entry').execute();
    expect(entries.map((row) => JSON.parse(row.entry).kind)).toEqual(['archive-damaged']);
  });

  it('the first start after a power cut looks at the last arrivals, the next does not', async () => {
    const { db } = database;
    const [cut, lost] = [await fileOf(study[0]!), await fileOf(study[1]!)];
    const good = await readFile(lost.path);
    await truncate(cut.path, 200);
    await rm(lost.path);
    const found = await checkLastArrivals(db, archive, Promise.resolve('boot 2'));
    expect(found.map(({ code, sha256 }) => [code, sha256])).toEqual(
      expect.arrayContaining([
        ['ARCHIVE_DAMAGED', cut.sha256],
        ['ARCHIVE_MISSING', lost.sha256],
      ]),
    );
    expect(await openProblems(db)).toBe(2);
    expect(await checkLastArrivals(db, archive, Promise.resolve('boot 2'))).toEqual([]);
    // The sender was not told of success, and sends again.
    expect((await send(study[0]!)).status).toBe('duplicate');
    expect((await send({ ...study[1]!, bytes: good })).status).toBe('duplicate');
    expect(await checkLastArrivals(db, archive, Promise.resolve('boot 3'))).toEqual([]);
  });

  it('an index that names another instance for a file is found', async () => {
    const { sha256 } = await fileOf(study[2]!);
    await database.db
      .updateTable('instance')
      .set({ sop_instance_uid: '2.25.99' })
      .where('sha256', '=', sha256)
      .execute();
    const outcome = await verifyArchive({ db: database.db, archive });
    expect(outcome.problems).toMatchObject([{ code: 'ARCHIVE_DISAGREES', sha256 }]);
  });
});

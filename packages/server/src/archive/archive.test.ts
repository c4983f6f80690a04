import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parsePart10, writePart10 } from '@photopeak/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditReceipts, verifyAudit } from '../governance/index.ts';
import type { IntakeSession, IntakeSource } from '../intake/sink.ts';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import { type TestInstance, testInstance, testStudy } from '../testing/instances.ts';
import {
  type Archive,
  createIndexWriter,
  createIntakeSink,
  type IndexItem,
  openArchive,
  rebuildIndex,
} from './index.ts';
import { instanceHeaderFrom } from './instance-header.ts';

const source: IntakeSource = {
  kind: 'dimse',
  callingAeTitle: 'CT1',
  calledAeTitle: 'PHOTOPEAK',
  address: '10.0.0.1',
};
const settings = { reserveMegabytes: 0, maximumInstanceMegabytes: 64 };

async function send(session: IntakeSession, instance: { bytes: Uint8Array }) {
  const file = await session.begin();
  for (let at = 0; at < instance.bytes.length; at += 1000) {
    await file.write([instance.bytes.subarray(at, at + 400), instance.bytes.subarray(at + 400, at + 1000)]);
  }
  return file.commit();
}

/** A profile that is longer than what a writer keeps in memory. */
function withLongHeader(bytes: Uint8Array): Uint8Array {
  const { dataset } = parsePart10(bytes);
  dataset.set('ICCProfile', new Uint8Array(1_500_000).fill(3), 'OB');
  return writePart10({ dataset });
}

function indexItem(options: { number: number; modality?: 'CT' | 'PT'; study?: string }): IndexItem {
  const { bytes } = testInstance({ study: 'index only', ...options });
  return {
    header: instanceHeaderFrom(bytes, bytes.length)!,
    sha256: `${options.number}`,
    byteLength: bytes.length,
    origin: 'received',
    source: { ...source },
    quietSeconds: 30,
  };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('the archive', () => {
  let database: TestDatabase;
  let archive: Archive;
  let session: IntakeSession;
  const sinkOf = (to: Archive) =>
    createIntakeSink({ archive: to, index: createIndexWriter(database.db), quietSeconds: 30 });

  beforeAll(async () => {
    database = await startTestDatabase();
    archive = await openArchive(database.folder, settings);
    session = sinkOf(archive).open(source);
  });
  afterAll(() => database.stop());

  it('keeps every byte of an instance under its hash and indexes it', async () => {
    const instance = testInstance({ study: 'plain', patientName: 'Röntgen^Wilhelm' });
    expect(await send(session, instance)).toMatchObject({ status: 'stored', sopInstanceUid: instance.sop });
    const row = await database.db
      .selectFrom('instance')
      .innerJoin('study', 'study.study_instance_uid', 'instance.study_instance_uid')
      .selectAll()
      .where('sop_instance_uid', '=', instance.sop)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      state: 'receiving',
      patient_name: 'Röntgen^Wilhelm',
      byte_length: instance.bytes.length,
    });
    expect(Buffer.compare(await readFile(archive.instances.pathOf(row.sha256)), instance.bytes)).toBe(0);
  });

  it.each<[string, (instance: TestInstance) => Uint8Array]>([
    ['the memory of a writer', () => testInstance({ study: 'large', size: 1200 }).bytes],
    ['the memory of a writer in its header', (instance) => withLongHeader(instance.bytes)],
  ])('takes an instance that is longer than %s', async (_, bytesOf) => {
    const bytes = bytesOf(testInstance({ study: 'long header' }));
    const outcome = await send(session, { bytes });
    expect(outcome.status).toBe('stored');
    const { sha256 } = await database.db
      .selectFrom('instance')
      .select('sha256')
      .where('sop_instance_uid', '=', outcome.sopInstanceUid)
      .executeTakeFirstOrThrow();
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(Buffer.compare(await readFile(archive.instances.pathOf(sha256)), bytes)).toBe(0);
    expect(await send(session, { bytes })).toMatchObject({ status: 'duplicate' });
    const cut = { bytes: bytes.subarray(0, -2) };
    await expect(send(session, cut)).rejects.toMatchObject({ reason: 'unreadable' });
  });

  it('takes up a file that got its name before the node died and its index row did not', async () => {
    const instance = testInstance({ study: 'died in between' });
    const sha256 = await archive.instances.put(instance.bytes);
    expect((await send(session, instance)).status).toBe('stored');
    expect(Buffer.compare(await readFile(archive.instances.pathOf(sha256)), instance.bytes)).toBe(0);
  });

  it('indexes the neighbours of an instance that the database refuses', async () => {
    const index = createIndexWriter(database.db);
    const refused = indexItem({ number: 2 });
    // jsonb holds no NUL; a header never has one, see instance-header.ts.
    const item = { ...refused, header: { ...refused.header, sopClassUid: '\0' } };
    // The first goes alone, the others wait for it and go together.
    const adding = [indexItem({ number: 0 }), indexItem({ number: 1 }), item, indexItem({ number: 3 })];
    const outcomes = await Promise.allSettled(adding.map((each) => index.add(each)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('adds the first of two with the same UID inside one batch too', async () => {
    const index = createIndexWriter(database.db);
    const [before, first, again, other] = [4, 5, 5, 5].map((number) => indexItem({ number }));
    const adding = [before!, first!, again!, { ...other!, sha256: 'other' }];
    expect(await Promise.all(adding.map((each) => index.add(each)))).toEqual([
      { status: 'stored' },
      { status: 'stored' },
      { status: 'taken', sha256: first!.sha256 },
      { status: 'taken', sha256: first!.sha256 },
    ]);
  });

  it('takes the same data set twice as one, whatever the file meta information says', async () => {
    const first = testInstance({ study: 'twice' });
    const again = testInstance({ study: 'twice', sourceAeTitle: 'OTHER' });
    expect(Buffer.compare(first.bytes, again.bytes)).not.toBe(0);
    expect((await send(session, first)).status).toBe('stored');
    expect((await send(session, first)).status).toBe('duplicate');
    const before = (await filesBelow(archive.instances.folder)).length;
    expect((await send(session, again)).status).toBe('duplicate');
    expect((await filesBelow(archive.instances.folder)).length).toBe(before);
  });

  it('keeps another data set under a taken UID apart', async () => {
    const first = testInstance({ study: 'conflict' });
    const other = testInstance({ study: 'conflict', fill: 7 });
    expect((await send(session, first)).status).toBe('stored');
    const outcome = await send(session, other);
    expect(outcome.status).toBe('conflict');
    expect(await filesBelow(archive.quarantine.folder)).toHaveLength(1);
    const shown = await database.db
      .selectFrom('instance')
      .select('byte_length')
      .where('sop_instance_uid', '=', first.sop)
      .execute();
    expect(shown).toHaveLength(1);
  });

  it('indexes many at once over several sessions, each once', async () => {
    const instances = testStudy('many', 40);
    const sessions = [1, 2, 3, 4].map(() => sinkOf(archive).open(source));
    const outcomes = await Promise.all(
      [...instances, ...instances].map((instance, index) => send(sessions[index % 4]!, instance)),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'stored')).toHaveLength(80);
    expect(outcomes.filter((outcome) => outcome.status === 'duplicate')).toHaveLength(80);
    const study = await database.db
      .selectFrom('study')
      .select(['weight_kg', 'description'])
      .where('study_instance_uid', '=', instances[0]!.study)
      .executeTakeFirst();
    expect(study).toEqual({ weight_kg: 71, description: 'PET/CT whole body' });
  });

  it('keeps what only some instances of a batch say of their study', async () => {
    const index = createIndexWriter(database.db);
    // The first goes alone, the others together behind it, of which the last one knows no weight.
    const modalities = ['CT', 'CT', 'PT', 'CT'] as const;
    const study = 'weight in the middle';
    await Promise.all(
      modalities.map((modality, n) => index.add(indexItem({ study, modality, number: 900 + n }))),
    );
    const { weight_kg } = await database.db
      .selectFrom('study')
      .select('weight_kg')
      .where('study_instance_uid', '=', testInstance({ study }).study)
      .executeTakeFirstOrThrow();
    expect(weight_kg).toBe(71);
  });

  it.each<[string, string, (instance: TestInstance) => Uint8Array]>([
    ['what is not DICOM', 'unreadable', () => new Uint8Array(4000).fill(65)],
    ['an instance cut in its header', 'unreadable', (instance) => instance.bytes.slice(0, 500)],
    ['an instance cut in its pixels', 'unreadable', (instance) => instance.bytes.slice(0, -100)],
    ['an empty file', 'unreadable', () => new Uint8Array(0)],
  ])('refuses %s and leaves no file', async (_, reason, damage) => {
    const instance = testInstance({ study: 'damaged' });
    const before = await filesBelow(archive.instances.folder);
    await expect(send(session, { bytes: damage(instance) })).rejects.toMatchObject({ reason });
    expect(await filesBelow(archive.instances.folder)).toEqual(before);
  });

  it('refuses a data set that is not what the transport said, and an instance above the limit', async () => {
    const instance = testInstance({ study: 'mismatch' });
    const file = await session.begin();
    await file.write([instance.bytes]);
    await expect(
      file.commit({
        sopClassUid: '1.2',
        sopInstanceUid: instance.sop,
        transferSyntaxUid: '1.2.840.10008.1.2.1',
      }),
    ).rejects.toMatchObject({ reason: 'mismatch' });
    const large = await session.begin();
    await expect(large.write([new Uint8Array(65 * 1024 * 1024)])).rejects.toMatchObject({
      reason: 'not-accepted',
    });
    await large.abort();
  });

  it('a full disk is a refusal with its reason, no partial file stays, and there is room again afterwards', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-full-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
    try {
      // Without the right to mount, the reserve stands for the end of the disk.
      const reserveMegabytes = mounted ? 0 : 1e9;
      const small = await openArchive(folder, { ...settings, reserveMegabytes });
      const full = sinkOf(small).open(source);
      const large = testInstance({ study: 'full', size: 900 });
      await expect(send(full, large)).rejects.toMatchObject({ reason: 'no-space', code: 'INTAKE_NO_SPACE' });
      expect(await filesBelow(small.instances.folder)).toEqual([]);
      const roomy = mounted ? full : sinkOf(await openArchive(folder, settings)).open(source);
      expect((await send(roomy, testInstance({ study: 'full', number: 2 }))).status).toBe('stored');
    } finally {
      if (mounted) spawnSync('umount', [folder]);
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('takes an instance out of the index again when the disk fails it, and takes it at the next attempt', async () => {
    const instance = testInstance({ study: 'disk fails' });
    const begin = () => {
      const writer = archive.instances.begin();
      return Object.assign(Object.create(writer), {
        async keep() {
          const { sha256, durable } = await writer.keep();
          await durable;
          const failed = setTimeout(20).then(() => Promise.reject(new Error('EIO')));
          return { sha256, durable: failed };
        },
      });
    };
    const failing = sinkOf({ ...archive, instances: { ...archive.instances, begin } }).open(source);
    await expect(send(failing, instance)).rejects.toMatchObject({ reason: 'failed' });
    const rows = () =>
      database.db.selectFrom('instance').selectAll().where('sop_instance_uid', '=', instance.sop).execute();
    expect(await rows()).toEqual([]);
    expect((await send(session, instance)).status).toBe('stored');
    expect(await rows()).toHaveLength(1);
  });

  it('an index that was lost is made again from the files', async () => {
    const second = await startTestDatabase();
    try {
      await mkdir(path.join(second.folder, 'x'), { recursive: true });
      const instances = testStudy('rebuild');
      for (const instance of instances) await send(session, instance);
      const report = await rebuildIndex(second.db, archive);
      const all = await database.db.selectFrom('instance').select(['sop_instance_uid', 'sha256']).execute();
      const again = await second.db.selectFrom('instance').select(['sop_instance_uid', 'sha256']).execute();
      const order = (rows: typeof all) => rows.map((row) => `${row.sop_instance_uid} ${row.sha256}`).sort();
      // The instance of the full disk was stored on a disk that is gone now.
      const present = [];
      for (const row of all) if (await archive.instances.has(row.sha256)) present.push(row);
      expect(order(again)).toEqual(order(present));
      expect(report).toMatchObject({ added: present.length, damaged: [], missing: [] });

      const victim = archive.instances.pathOf(present[0]!.sha256);
      await writeFile(victim, 'not what it was');
      expect((await rebuildIndex(second.db, archive)).damaged).toEqual([
        { sha256: present[0]!.sha256, code: 'ARCHIVE_DAMAGED' },
      ]);
      await rename(victim, `${victim}.moved`);
      expect((await rebuildIndex(second.db, archive)).missing).toEqual([present[0]!.sop_instance_uid]);
    } finally {
      await second.stop();
    }
  });

  it('every receipt is in the audit trail once', async () => {
    let written = 0;
    for (let more = -1; more !== 0; written += more) more = await auditReceipts(database.db);
    const count = await database.db
      .selectFrom('instance')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    expect(written).toBe(count.n);
    const entries = await database.db.selectFrom('audit').select('entry').execute();
    const named = entries.flatMap((row) => JSON.parse(row.entry).detail.instances.map((i: [string]) => i[0]));
    expect(new Set(named).size).toBe(count.n);
    expect(entries.map((row) => row.entry).join()).not.toContain('Curie');
    expect((await verifyAudit(database.db, undefined)).ok).toBe(true);
  });

  it('sweeps what a killed process left', async () => {
    const leftover = path.join(archive.instances.folder, 'incoming', 'abc');
    await writeFile(leftover, 'half');
    expect(await archive.instances.sweep()).toBeGreaterThan(0);
    await expect(stat(leftover)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

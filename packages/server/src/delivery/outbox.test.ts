import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePart10, readFilePart10, UID } from '@photopeak/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIndexWriter, createIntakeSink, openArchive } from '../archive/index.ts';
import { imageDestinations } from '../config/destinations.ts';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import { type TestInstance, testInstance } from '../testing/instances.ts';
import { temporaryFolder } from '../testing/node.ts';
import { takeIn } from '../testing/take-in.ts';
import { createFolderSender } from './folder/index.ts';
import {
  type DeliverTo,
  type DeliveryItem,
  deliverDue,
  giveUpDeliveries,
  owe,
  retryDeliveries,
  type Sender,
} from './index.ts';
import { prepareFor, sweepCopies } from './prepare/index.ts';

const pauses = { firstPauseSeconds: 60, longestPauseSeconds: 300, attempts: 1000 };

describe('the outbox', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let database: TestDatabase;
  let archive: Awaited<ReturnType<typeof openArchive>>;

  beforeAll(async () => {
    folder = await temporaryFolder('outbox');
    database = await startTestDatabase();
    archive = await openArchive(path.join(folder.path, 'data'), {
      reserveMegabytes: 0,
      maximumInstanceMegabytes: 64,
    });
  });
  afterAll(async () => {
    await database?.stop();
    await folder?.remove();
  });

  /** Stores instances as a scanner would send them and owes them to a destination. */
  async function owed(destination: string, instances: readonly TestInstance[]): Promise<void> {
    const { db } = database;
    const sink = createIntakeSink({ archive, index: createIndexWriter(db), quietSeconds: 60 });
    await takeIn(sink, instances);
    for (const { sop } of instances) {
      const row = await db
        .selectFrom('instance')
        .selectAll()
        .where('sop_instance_uid', '=', sop)
        .executeTakeFirstOrThrow();
      const { sop_class_uid, transfer_syntax_uid, study_instance_uid, series_instance_uid, sha256 } = row;
      await owe(db, [
        {
          destination,
          sop_instance_uid: sop,
          sop_class_uid,
          transfer_syntax_uid,
          study_instance_uid,
          series_instance_uid,
          sha256,
          run_id: null,
        },
      ]);
    }
  }

  const deliver = (destination: DeliverTo) =>
    deliverDue(
      { db: database.db, archive, executorId: 'test', pauses },
      destination,
      new AbortController().signal,
    );

  const statesOf = async (destination: string) =>
    (
      await database.db
        .selectFrom('outbox')
        .select(['id', 'state'])
        .where('destination', '=', destination)
        .orderBy('id')
        .execute()
    ).map(({ state }) => state);

  /** A destination that takes what `takes` says and remembers what it was sent. */
  function peer(takes: (item: DeliveryItem) => boolean): Sender & { readonly seen: string[] } {
    const seen: string[] = [];
    return {
      seen,
      check: async () => {},
      async *send(items) {
        for (const item of items) {
          seen.push(item.sopInstanceUid);
          if (takes(item)) yield { item, result: 'accepted', status: '0000', warning: false, text: '' };
          else yield { item, result: 'refused', status: 'C123', isTransient: false, text: 'no' };
        }
      },
    };
  }

  const slices = (study: string, count: number) =>
    Array.from({ length: count }, (_, index) => testInstance({ study, number: index + 1 }));

  it('keeps the order where that is asked for: what cannot be sent holds up the rest', async () => {
    const instances = slices('order', 3);
    await owed('ordered', instances);
    let open = false;
    const sender = peer((item) => open || item.sopInstanceUid !== instances[1]!.sop);
    const to = { name: 'ordered', sender, inOrder: true };
    while ((await deliver(to)) > 0);
    expect(await statesOf('ordered')).toEqual(['acknowledged', 'failed', 'waiting']);
    open = true;
    expect(await retryDeliveries(database.db, { destination: 'ordered' }, 'admin')).toBe(2);
    while ((await deliver(to)) > 0);
    expect(await statesOf('ordered')).toEqual(['acknowledged', 'acknowledged', 'acknowledged']);
    expect(sender.seen).toEqual([0, 1, 1, 2].map((index) => instances[index]!.sop));
  });

  it('lets a person try one failed delivery again and give another up', async () => {
    await owed('flaky', slices('letters', 2));
    const sender = peer(() => false);
    await deliver({ name: 'flaky', sender });
    expect(await statesOf('flaky')).toEqual(['failed', 'failed']);
    const rows = await database.db
      .selectFrom('outbox')
      .select('id')
      .where('destination', '=', 'flaky')
      .orderBy('id')
      .execute();
    const [first, second] = rows.map(({ id }) => String(id));
    expect(await giveUpDeliveries(database.db, { ids: [first!] }, 'admin')).toBe(1);
    expect(await retryDeliveries(database.db, { ids: [second!] }, 'admin')).toBe(1);
    expect(await statesOf('flaky')).toEqual(['given-up', 'waiting']);
    // All of a destination means what failed, not what was given up.
    await retryDeliveries(database.db, { destination: 'flaky' }, 'admin');
    expect(await statesOf('flaky')).toEqual(['given-up', 'waiting']);
    const kinds = await database.db.selectFrom('audit').select('entry').execute();
    expect(kinds.some(({ entry }) => entry.includes('"delivery-given-up"'))).toBe(true);
  });

  it('sends urgent studies first', async () => {
    const [routine, urgent] = [slices('routine', 1)[0]!, slices('urgent', 1)[0]!];
    await owed('busy', [routine, urgent]);
    await database.db
      .updateTable('study')
      .set({ priority: 'urgent' })
      .where('study_instance_uid', '=', urgent.study)
      .execute();
    const sender = peer(() => true);
    await deliver({ name: 'busy', sender });
    expect(sender.seen).toEqual([urgent.sop, routine.sop]);
  });

  it('gives a destination what it takes in the form that it takes, and leaves the rest out', async () => {
    const at = path.join(folder.path, 'reading');
    await mkdir(at);
    const ct = testInstance({ study: 'choices', modality: 'CT' });
    const pet = testInstance({ study: 'choices', modality: 'PT' });
    await owed('choosy', [ct, pet]);
    const choices = imageDestinations[2].parse({
      kind: 'folder',
      name: 'choosy',
      path: at,
      template: '{Modality}.dcm',
      sopClasses: [UID.CTImageStorage],
      transferSyntaxes: [UID.RLELossless],
      characterSet: 'utf-8',
    });
    const copies = path.join(folder.path, 'outgoing');
    const sender = prepareFor(createFolderSender(choices), {
      destination: 'choosy',
      choices,
      db: database.db,
      archive,
      folder: copies,
    });
    await sender.check();
    await deliver({ name: 'choosy', sender });
    expect(await statesOf('choosy')).toEqual(['acknowledged', 'skipped']);
    expect(await readdir(at)).toEqual(['CT.dcm']);
    const written = readFilePart10(path.join(at, 'CT.dcm'));
    expect(written.transferSyntaxUid).toBe(UID.RLELossless);
    expect(written.dataset.text('SpecificCharacterSet')).toBe('ISO_IR 192');
    expect(parsePart10(ct.bytes).dataset.text('PatientName')).toBe(written.dataset.text('PatientName'));
    expect(await readdir(copies)).toEqual([]);
    // What a killed process left goes when nobody can be sending it any more.
    await mkdir(path.join(copies, 'left'));
    await sweepCopies(copies);
    expect(await readdir(copies)).toEqual(['left']);
    await sweepCopies(copies, Date.now() + 7_200_000);
    expect(await readdir(copies)).toEqual([]);
  });

  it('refuses what may show text where clean pixels are asked for, and says so', async () => {
    const at = path.join(folder.path, 'clean');
    await mkdir(at);
    await writeFile(path.join(at, 'keep'), '');
    const choices = imageDestinations[2].parse({
      kind: 'folder',
      name: 'clean',
      path: at,
      deidentify: { options: ['clean-pixel-data'], key: 'a secret of the test only' },
    });
    await owed('clean', [testInstance({ study: 'clean' })]);
    await database.db
      .updateTable('outbox')
      .set({ sha256: await suspect() })
      .where('destination', '=', 'clean')
      .execute();
    const sender = prepareFor(createFolderSender(choices), {
      destination: 'clean',
      choices,
      db: database.db,
      archive,
      folder: path.join(folder.path, 'outgoing'),
    });
    await deliver({ name: 'clean', sender });
    const row = await database.db
      .selectFrom('outbox')
      .selectAll()
      .where('destination', '=', 'clean')
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      state: 'failed',
      last_error: expect.stringMatching(/^DICOM_BURNED_IN_TEXT/),
    });
    expect(await readdir(at)).toEqual(['keep']);
  });

  /** The hash of a stored picture that says that it shows text. */
  async function suspect(): Promise<string> {
    const { dataset } = parsePart10(testInstance({ study: 'suspect' }).bytes);
    const { writePart10 } = await import('@photopeak/dicom');
    const writer = archive.instances.begin();
    await writer.write([writePart10({ dataset: dataset.set('BurnedInAnnotation', 'YES') })]);
    const { sha256, durable } = await writer.keep();
    await durable;
    return sha256;
  }
});

import { readFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Dataset, parsePart10, readSegmentation, referencedInstances, UID } from '@photopeak/dicom';
import { dataFile, describeWithData, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Archive, createIndexWriter, createIntakeSink, openArchive } from '../../archive/index.ts';
import { imageDestinations } from '../../config/destinations.ts';
import { startTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { createFolderSender } from '../folder/index.ts';
import { deliverDue, owe } from '../index.ts';
import { prepareFor } from './index.ts';

const pauses = { firstPauseSeconds: 60, longestPauseSeconds: 300, attempts: 1000 };
const LABEL_MAP = '1.2.840.10008.5.1.4.1.1.66.7';

describeWithData('segmentations in the encoding that a destination takes', () => {
  let database: TestDatabase;
  let archive: Archive;

  beforeAll(async () => {
    database = await startTestDatabase();
    archive = await openArchive(path.join(database.folder, 'data'), {
      reserveMegabytes: 0,
      maximumInstanceMegabytes: 64,
    });
  });
  afterAll(() => database.stop());

  /** Sends golden objects to a folder and gives what arrived, by the UID of its original. */
  async function delivered(name: string, settings: object, files: readonly string[]) {
    const folder = path.join(database.folder, name);
    await mkdir(folder);
    const choices = imageDestinations[2].parse({
      kind: 'folder',
      name,
      path: folder,
      template: '{SOPInstanceUID}.dcm',
      ...settings,
    });
    const session = createIntakeSink({
      archive,
      index: createIndexWriter(database.db),
      quietSeconds: 60,
    }).open({
      kind: 'folder',
      folder: 'test',
    });
    for (const file of files) {
      const bytes = readFileSync(dataFile('golden', file));
      const target = await session.begin();
      await target.write([bytes]);
      await target.commit();
      const {
        sop_instance_uid,
        sop_class_uid,
        transfer_syntax_uid,
        study_instance_uid,
        series_instance_uid,
        sha256,
      } = await database.db
        .selectFrom('instance')
        .selectAll()
        .where('sop_instance_uid', '=', parsePart10(bytes).dataset.text('SOPInstanceUID')!)
        .executeTakeFirstOrThrow();
      await owe(database.db, [
        {
          ...{ destination: name, sop_instance_uid, sop_class_uid, transfer_syntax_uid, study_instance_uid },
          ...{ series_instance_uid, sha256, run_id: null },
        },
      ]);
    }
    await session.close('complete');
    const copies = path.join(database.folder, 'outgoing');
    const sender = prepareFor(createFolderSender(choices), {
      ...{ destination: name, choices, db: database.db, archive, folder: copies },
    });
    // Twice: the second time gives the same objects, and nothing comes twice.
    for (let time = 0; time < 2; time += 1) {
      const context = { db: database.db, archive, executorId: 'test', pauses };
      await deliverDue(context, { name, sender, commits: true }, new AbortController().signal);
      await database.db
        .updateTable('outbox')
        .set({ state: time === 0 ? 'waiting' : 'stored' })
        .where('destination', '=', name)
        .where('state', '=', 'stored')
        .execute();
    }
    const rows = await database.db.selectFrom('outbox').selectAll().where('destination', '=', name).execute();
    expect(rows.map(({ state, last_error }) => [state, last_error])).toEqual(
      files.map(() => ['stored', null]),
    );
    expect(await readdir(folder)).toHaveLength(files.length);
    const arrived = new Map<string, { file: string; dataset: Dataset; bytes: Buffer }>();
    for (const row of rows) {
      const file = path.join(folder, `${row.sent_sop_instance_uid}.dcm`);
      const bytes = readFileSync(file);
      const { dataset } = parsePart10(bytes);
      expect(dataset.text('SOPClassUID')).toBe(row.sent_sop_class_uid);
      arrived.set(row.sop_instance_uid, { file, dataset, bytes });
    }
    return (name: string) => arrived.get(golden(name).text('SOPInstanceUID')!)!;
  }

  const errorsIn = (file: string) =>
    runPeer('dciodvfy', [file])
      .output.split('\n')
      .filter((line) => /^Error/.test(line));

  const golden = (name: string) => parsePart10(readFileSync(dataFile('golden', name))).dataset;

  async function expectSameVoxels(one: Uint8Array, other: Uint8Array) {
    const [a, b] = [await readSegmentation(parsePart10(one)), await readSegmentation(parsePart10(other))];
    expect(b.segments.map(({ label }) => label)).toEqual(a.segments.map(({ label }) => label));
    for (const { number } of a.segments)
      expect(Buffer.from(b.mask(number).data).equals(Buffer.from(a.mask(number).data))).toBe(true);
  }

  it('are label maps with their reports, and the reports of these, referring to them', async () => {
    const of = await delivered('maps', { segmentations: 'labelmap' }, [
      'sr_tid1500_verified.dcm',
      'sr_tid1500.dcm',
      'seg_binary.dcm',
      'seg_fractional.dcm',
      'ct_0.dcm',
    ]);
    const map = of('seg_binary.dcm');
    expect(map.dataset.text('SOPClassUID')).toBe(LABEL_MAP);
    await expectSameVoxels(readFileSync(dataFile('golden', 'seg_binary.dcm')), map.bytes);
    for (const same of ['seg_fractional.dcm', 'ct_0.dcm'])
      expect(of(same).dataset.text('SOPInstanceUID')).toBe(golden(same).text('SOPInstanceUID'));
    const [draft, verified] = [of('sr_tid1500.dcm'), of('sr_tid1500_verified.dcm')];
    const own = ({ dataset }: { dataset: Dataset }) => dataset.text('SOPInstanceUID')!;
    expect(referencedInstances(draft.dataset)).toContain(own(map));
    expect(referencedInstances(draft.dataset)).not.toContain(golden('seg_binary.dcm').text('SOPInstanceUID'));
    expect(own(draft)).not.toBe(golden('sr_tid1500.dcm').text('SOPInstanceUID'));
    expect(referencedInstances(verified.dataset)).toContain(own(map));
    expect(referencedInstances(verified.dataset)).toContain(own(draft));
    expect(referencedInstances(verified.dataset)).not.toContain(
      golden('sr_tid1500.dcm').text('SOPInstanceUID'),
    );
    // Written before label maps, it takes a segment of one for a segment of something else.
    const unknown = /Referenced SOP Class that is not segmentation - attribute <ReferencedSegmentNumber>/;
    expect(errorsIn(draft.file).filter((line) => !unknown.test(line))).toEqual(
      errorsIn(dataFile('golden', 'sr_tid1500.dcm')),
    );
  });

  it('are binary where a PACS does not know label maps, also for what it takes', async () => {
    const settings = { segmentations: 'binary', sopClasses: [UID.SegmentationStorage] };
    const of = await delivered('binary', settings, ['seg_labelmap.dcm', 'seg_binary.dcm']);
    const binary = of('seg_labelmap.dcm');
    await expectSameVoxels(readFileSync(dataFile('golden', 'seg_labelmap.dcm')), binary.bytes);
    expect(errorsIn(binary.file)).toEqual([]);
    expect(of('seg_binary.dcm').bytes.equals(readFileSync(dataFile('golden', 'seg_binary.dcm')))).toBe(true);
  });
});

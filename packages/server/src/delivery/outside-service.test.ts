import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Dataset, parsePart10, UID, writePart10 } from '@photopeak/dicom';
import { describeWithPeers, freePort, startPeer } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningNode } from '../node/index.ts';
import { testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, talk, temporaryFolder, writeInstances } from '../testing/node.ts';

describeWithPeers('an outside service that must not know the patient', ['storescu', 'storescp'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  let service: Awaited<ReturnType<typeof startPeer>>;
  let inbox: string;
  let pacs: string;

  beforeAll(async () => {
    folder = await temporaryFolder('outside');
    inbox = path.join(folder.path, 'inbox');
    pacs = path.join(folder.path, 'pacs');
    await mkdir(inbox);
    await mkdir(pacs);
    const port = await freePort();
    service = await startPeer('storescp', ['+B', '-od', inbox, String(port)], port);
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
destinations:
  - kind: dimse
    name: service
    aeTitle: SERVICE
    host: 127.0.0.1
    port: ${port}
    kinds: [image]
    deidentify:
      options: [retain-patient-characteristics, retain-modified-dates, retain-safe-private]
      key: a secret of the test only
      returnsTo: [pacs]
  - { kind: folder, name: pacs, path: ${pacs}, template: '{PatientID}/{SOPInstanceUID}.dcm' }
routes:
  - { name: ask, when: { modalities: [CT, PT] }, deliver: [{ to: service, send: originals }] }`,
    );
  });
  afterAll(async () => {
    await node?.close();
    await service?.stop();
    await folder?.remove();
  });

  async function send(files: readonly string[]) {
    const { host, port, aeTitle } = node.dicom!;
    return talk('storescu', ['-R', '-aec', aeTitle, '-aet', 'SENDER', host, String(port), ...files]);
  }

  it('gets no identifier, and what it makes comes back to the patient', async () => {
    const instances = testStudy('outside', 2);
    const [{ study, sop, series }] = instances as [(typeof instances)[number]];
    const at = path.join(folder.path, 'scanner');
    await mkdir(at);
    expect(await send(await writeInstances(at, instances))).toMatchObject({ status: 0 });

    const received = await eventually(async () => {
      const names = await readdir(inbox);
      return names.length === instances.length && names;
    });
    const files = await Promise.all(received.map((name) => readFile(path.join(inbox, name))));
    for (const bytes of files) {
      const text = bytes.toString('latin1');
      for (const secret of ['Curie', 'Marie', 'ID-outside', '20261123', study, series, sop]) {
        expect(text.includes(secret)).toBe(false);
      }
    }
    await eventually(async () => {
      const rows = await node.context.db.selectFrom('outbox').select('state').execute();
      return rows.length === instances.length && rows.every(({ state }) => state === 'acknowledged');
    });

    // The service knows nothing but what it got.
    const known = files
      .map((bytes) => parsePart10(bytes).dataset)
      .find((dataset) => dataset.text('Modality') === 'CT')!;
    const report = Dataset.of({
      SOPClassUID: UID.Comprehensive3DSRStorage,
      SOPInstanceUID: '2.25.123456789012345678901234567890123456',
      SeriesInstanceUID: '2.25.123456789012345678901234567890123457',
      Modality: 'SR',
      Manufacturer: 'Outside Service',
      SeriesNumber: 900,
      InstanceNumber: 1,
      ContentDate: '20261124',
      ContentTime: '080000',
      CurrentRequestedProcedureEvidenceSequence: Dataset.of({
        StudyInstanceUID: known.text('StudyInstanceUID'),
        ReferencedSeriesSequence: Dataset.of({
          SeriesInstanceUID: known.text('SeriesInstanceUID'),
          ReferencedSOPSequence: Dataset.of({
            ReferencedSOPClassUID: known.text('SOPClassUID'),
            ReferencedSOPInstanceUID: known.text('SOPInstanceUID'),
          }),
        }),
      }),
    });
    report.copyFrom(known, [
      'PatientID',
      'PatientName',
      'StudyInstanceUID',
      'StudyDate',
      'StudyTime',
      'PatientIdentityRemoved',
    ]);
    const answer = path.join(folder.path, 'answer.dcm');
    await writeFile(answer, writePart10({ dataset: report }));
    expect(await send([answer])).toMatchObject({ status: 0 });

    const row = await node.context.db
      .selectFrom('instance')
      .selectAll()
      .where('sop_instance_uid', '=', report.text('SOPInstanceUID')!)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ study_instance_uid: study, origin: 'foreign-result' });
    expect(row.source).toMatchObject({ service: 'service', callingAeTitle: 'SENDER' });

    const delivered = path.join(pacs, 'ID-outside', `${report.text('SOPInstanceUID')}.dcm`);
    const { dataset } = parsePart10(await eventually(() => readFile(delivered).catch(() => undefined)));
    expect(dataset.text('PatientName')).toBe('Curie^Marie');
    expect(dataset.text('StudyDate')).toBe('20261123');
    expect(dataset.text('ContentDate')).toBe('20261124');
    const evidence = dataset.item('CurrentRequestedProcedureEvidenceSequence')!;
    expect(evidence.text('StudyInstanceUID')).toBe(study);
    const original = instances.map((instance) => instance.sop);
    const referenced = evidence.item('ReferencedSeriesSequence')!.item('ReferencedSOPSequence')!;
    expect(original).toContain(referenced.text('ReferencedSOPInstanceUID'));

    // Again: the same object, not a second one. And what was sent out is no result.
    expect(await send([answer])).toMatchObject({ status: 0 });
    await send([path.join(inbox, received[0]!)]);
    const all = await node.context.db.selectFrom('instance').select('study_instance_uid').execute();
    expect(all).toHaveLength(instances.length + 1);
    expect(all.every((instance) => instance.study_instance_uid === study)).toBe(true);
  });
});

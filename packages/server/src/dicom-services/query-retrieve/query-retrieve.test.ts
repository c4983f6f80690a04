import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePart10, readFilePart10, transcodePart10, UID } from '@photopeak/dicom';
import { describeWithPeers, freePort, type RunningPeer, spawnPeer, startPeer } from '@photopeak/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { client, TOKENS } from '../../api/dicomweb/test-kit.ts';
import type { RunningNode } from '../../node/index.ts';
import { type TestInstance, testInstance, testStudy } from '../../testing/instances.ts';
import { startTestNode, temporaryFolder } from '../../testing/node.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let node: RunningNode;
let viewer: RunningPeer;
let viewerFolder: string;
const study = testStudy('retrieved', 3);
const other = testInstance({ study: 'another', patientId: 'ID-retrieved', patientName: 'Curie^Marie' });
const foreign = testInstance({ study: 'foreign', patientName: 'Bohr^Niels', accessionNumber: 'A-9' });
const whole = testInstance({ study: 'packed', size: 64, fill: 3 });
let packed: TestInstance;

async function startNode(may: string): Promise<RunningNode> {
  return startTestNode(
    `${folder.path}/data`,
    `
workflow: { workers: 0 }
sources:
  - { kind: dimse, name: viewer, aeTitle: VIEWER, may: [${may}] }
  - { kind: dimse, name: scanner, aeTitle: SCANNER }
destinations:
  - { kind: dimse, name: viewer, aeTitle: VIEWER, host: 127.0.0.1, port: ${viewer.port} }
  - { kind: dimse, name: away, aeTitle: AWAY, host: 127.0.0.1, port: 1 }
  - { kind: dimse, name: research, aeTitle: RESEARCH, host: 127.0.0.1, port: ${viewer.port}, deidentify: { key: "0123456789abcdef0123456789abcdef" } }
${TOKENS}`,
  );
}

beforeAll(async () => {
  folder = await temporaryFolder('query-retrieve');
  viewerFolder = path.join(folder.path, 'viewer');
  await mkdir(viewerFolder);
  const port = await freePort();
  viewer = await startPeer(
    'storescp',
    ['-aet', 'VIEWER', '+xa', '+B', '-od', viewerFolder, String(port)],
    port,
  );
  node = await startNode('query, retrieve');
  packed = { ...whole, bytes: await transcodePart10(parsePart10(whole.bytes), UID.RLELossless) };
  const { stow } = client(() => node.url);
  expect((await stow([...study, other, foreign, packed].map(({ bytes }) => bytes))).status).toBe(200);
});
afterAll(async () => {
  await node?.close();
  await viewer?.stop();
  await folder?.remove();
});

async function ask(program: string, args: readonly string[], aeTitle = 'VIEWER') {
  const address = ['-v', '-aet', aeTitle, '-aec', 'PHOTOPEAK', '127.0.0.1', String(node.dicom!.port)];
  return spawnPeer(program, [...address, ...args]);
}
const keys = (...pairs: readonly string[]) => pairs.flatMap((pair) => ['-k', pair]);

/** The answers of findscu as files, read again. */
async function found(root: '-P' | '-S', ...pairs: readonly string[]) {
  const out = await mkdtemp(path.join(folder.path, 'found-'));
  const { status, output } = await ask('findscu', [root, '-X', '-od', out, ...keys(...pairs)]);
  expect(status, output).toBe(0);
  const files = (await readdir(out)).sort();
  return { output, answers: files.map((file) => readFilePart10(path.join(out, file)).dataset) };
}

/** Data sets of what lies in a folder, by SOP Instance UID. */
async function stored(inFolder: string): Promise<Map<string, Buffer>> {
  const files = await readdir(inFolder);
  const entries = await Promise.all(
    files.map(async (name) => {
      const bytes = await readFile(path.join(inFolder, name));
      return [
        readFilePart10(path.join(inFolder, name)).dataset.text('SOPInstanceUID')!,
        dataSetOf(bytes),
      ] as const;
    }),
  );
  return new Map(entries);
}

function dataSetOf(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file);
  return bytes.subarray(144 + bytes.readUInt32LE(140));
}

describeWithPeers('a viewer queries with findscu', ['findscu'], () => {
  it('at every level of both models, with what it asks for and nothing else', async () => {
    const patients = await found(
      '-P',
      '0008,0052=PATIENT',
      '0010,0010=curie*',
      '0010,0020',
      '0020,1200',
      '0010,0040',
    );
    expect(
      patients.answers.map((answer) => [
        answer.text('PatientID'),
        answer.text('NumberOfPatientRelatedStudies'),
        answer.text('PatientSex'),
      ]),
    ).toEqual([
      ['ID-packed', '1', 'F'],
      ['ID-retrieved', '2', 'F'],
    ]);
    const studies = await found(
      '-S',
      '0008,0052=STUDY',
      '0010,0020=ID-retrieved',
      '0020,000d',
      '0008,0061',
      '0020,1208',
      '0008,1030',
      '0008,0080',
    );
    expect(studies.answers).toHaveLength(2);
    const [answer] = studies.answers.filter(
      (candidate) => candidate.text('StudyInstanceUID') === study[0]!.study,
    );
    expect([
      answer!.texts('ModalitiesInStudy'),
      answer!.text('NumberOfStudyRelatedInstances'),
      answer!.text('StudyDescription'),
      answer!.text('InstitutionName') ?? '',
      answer!.text('RetrieveAETitle'),
      answer!.text('InstanceAvailability'),
      answer!.has('PatientName'),
    ]).toEqual([['CT', 'PT'], '6', 'PET/CT whole body', '', 'PHOTOPEAK', 'ONLINE', false]);
    const series = await found(
      '-S',
      '0008,0052=SERIES',
      `0020,000d=${study[0]!.study}`,
      '0020,000e',
      '0008,0060=PT',
      '0020,1209',
      '0054,1001',
    );
    expect(
      series.answers.map((one) => [one.text('Modality'), one.text('NumberOfSeriesRelatedInstances')]),
    ).toEqual([['PT', '3']]);
    const images = await found(
      '-P',
      '0008,0052=IMAGE',
      `0020,000d=${study[0]!.study}`,
      `0020,000e=${study[0]!.series}`,
      '0008,0018',
      '0020,0013',
      '0018,0050',
    );
    expect(images.answers.map((one) => [one.text('InstanceNumber'), one.text('SliceThickness')])).toEqual([
      ['1', '3'],
      ['2', '3'],
      ['3', '3'],
    ]);
    const day = await found(
      '-S',
      '0008,0052=STUDY',
      '0008,0020=20261101-20261130',
      '0008,0050=A-9',
      '0020,000d',
    );
    expect(day.answers.map((one) => one.text('StudyInstanceUID'))).toEqual([foreign.study]);
    expect((await found('-S', '0008,0052=STUDY', '0008,0020=-20261101', '0020,000d')).answers).toEqual([]);
  });

  it('is told which keys were not matched, and refused where the identifier makes no sense', async () => {
    const ignored = await found(
      '-S',
      '0008,0052=STUDY',
      '0008,0080=Nowhere',
      '0010,0020=ID-packed',
      '0020,000d',
    );
    expect([ignored.answers.length, ignored.output]).toEqual([
      1,
      expect.stringMatching(/ff01|Pending: Warning/i),
    ]);
    const level = await ask('findscu', ['-S', ...keys('0008,0052=PATIENT', '0010,0020')]);
    expect(level.output).toMatch(/a900|DataSetDoesNotMatch|IdentifierDoesNotMatch|Does ?Not ?Match/i);
    const date = await ask('findscu', ['-S', ...keys('0008,0052=STUDY', '0008,0020=yesterday', '0020,000d')]);
    expect(date.output).toMatch(/a900|Does ?Not ?Match/i);
    const scanner = await ask('findscu', ['-S', ...keys('0008,0052=STUDY', '0020,000d')], 'SCANNER');
    expect(scanner.output).toMatch(/0x0?124/);
  });
});

describeWithPeers('a viewer retrieves', ['movescu', 'getscu', 'storescp'], () => {
  it('a study with movescu: every instance once, byte for byte', async () => {
    const { status, output } = await ask('movescu', [
      '-S',
      '-aem',
      'VIEWER',
      ...keys('0008,0052=STUDY', `0020,000d=${study[0]!.study}`),
    ]);
    expect(status, output).toBe(0);
    const got = await stored(viewerFolder);
    expect([...got.keys()].sort()).toEqual(study.map(({ sop }) => sop).sort());
    for (const { sop, bytes } of study) expect(got.get(sop)!.equals(dataSetOf(bytes))).toBe(true);
    const { rows } = await sql<{ entry: string }>`
      select entry from audit where entry::json->>'kind' = 'access' and entry::json->>'actor' = 'ae:VIEWER'`.execute(
      node.context.db,
    );
    expect(rows.map(({ entry }) => JSON.parse(entry).detail)).toEqual([
      { how: 'c-move', instances: 6, destination: 'VIEWER' },
    ]);
  });

  it('a series of a patient, and one image, with getscu', async () => {
    const out = await mkdtemp(path.join(folder.path, 'got-'));
    const series = await ask('getscu', [
      '-P',
      '-od',
      out,
      ...keys(
        '0008,0052=SERIES',
        '0010,0020=ID-retrieved',
        `0020,000d=${study[0]!.study}`,
        `0020,000e=${study[0]!.series}`,
      ),
    ]);
    expect(series.status, series.output).toBe(0);
    expect((await stored(out)).size).toBe(3);
    const one = await mkdtemp(path.join(folder.path, 'got-'));
    const image = await ask('getscu', [
      '-S',
      '-od',
      one,
      ...keys(
        '0008,0052=IMAGE',
        `0020,000d=${study[0]!.study}`,
        `0020,000e=${study[0]!.series}`,
        `0008,0018=${study[1]!.sop}`,
      ),
    ]);
    expect(image.status, image.output).toBe(0);
    expect([...(await stored(one)).keys()]).toEqual([study[1]!.sop]);
  });

  it('a compressed image as it is where it takes that, with the same pixels where it does not', async () => {
    const wanted = keys('0008,0052=STUDY', `0020,000d=${packed.study}`);
    const asItIs = await mkdtemp(path.join(folder.path, 'got-'));
    const rle = await ask('getscu', ['+xr', '+B', '-S', '-od', asItIs, ...wanted]);
    expect(rle.status, rle.output).toBe(0);
    expect((await stored(asItIs)).get(packed.sop)!.equals(dataSetOf(packed.bytes))).toBe(true);
    const plain = await mkdtemp(path.join(folder.path, 'got-'));
    const unpacked = await ask('getscu', ['-S', '-od', plain, ...wanted]);
    expect(unpacked.status, unpacked.output).toBe(0);
    const [file] = await readdir(plain);
    const { dataset, transferSyntaxUid } = readFilePart10(path.join(plain, file!));
    expect(transferSyntaxUid).toBe(UID.ExplicitVRLittleEndian);
    const pixels = parsePart10(whole.bytes).dataset.bytes('PixelData')!;
    expect(Buffer.from(dataset.bytes('PixelData')!).equals(Buffer.from(pixels))).toBe(true);
  });

  it('not to whom nothing may be sent, not without naming what, and not without permission', async () => {
    const wanted = keys('0008,0052=STUDY', `0020,000d=${study[0]!.study}`);
    for (const [aeTitle, says] of [
      ['NOBODY', /a801|MoveDestinationUnknown|Destination unknown/i],
      ['RESEARCH', /a801|MoveDestinationUnknown|Destination unknown/i],
      ['AWAY', /a702|UnableToPerformSubOperations|OutOfResources/i],
    ] as const) {
      const { output } = await ask('movescu', ['-S', '-aem', aeTitle, ...wanted]);
      expect(output).toMatch(says);
    }
    const all = await ask('movescu', ['-S', '-aem', 'VIEWER', ...keys('0008,0052=STUDY', '0020,000d')]);
    expect(all.output).toMatch(/a900|DoesNotMatch/i);
    const scanner = await ask('movescu', ['-S', '-aem', 'VIEWER', ...wanted], 'SCANNER');
    expect(scanner.output).toMatch(/0x0?124/);
    const none = await ask('getscu', [
      '-S',
      '-od',
      folder.path,
      ...keys('0008,0052=STUDY', '0020,000d=1.2.3'),
    ]);
    expect(none.status, none.output).toBe(0);
  });
});

describeWithPeers('a source that may not store', ['storescu'], () => {
  it('is answered 0124, and nothing is kept', async () => {
    const file = path.join(folder.path, 'foreign.dcm');
    await writeFile(file, testInstance({ study: 'unwanted' }).bytes);
    const { output } = await spawnPeer('storescu', [
      '-v',
      '-aet',
      'VIEWER',
      '-aec',
      'PHOTOPEAK',
      '127.0.0.1',
      String(node.dicom!.port),
      file,
    ]);
    expect(output).toMatch(/0x0?124/);
    const row = await node.context.db
      .selectFrom('study')
      .select('study_instance_uid')
      .where('patient_id', '=', 'ID-unwanted')
      .executeTakeFirst();
    expect(row).toBeUndefined();
  });
});

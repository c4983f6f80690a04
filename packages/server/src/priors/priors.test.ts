import { parsePart10, writePart10 } from '@photopeak/dicom';
import { describeWithPeers } from '@photopeak/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfiguration } from '../config/index.ts';
import type { RunningNode } from '../index.ts';
import { worklist } from '../studies/index.ts';
import { type TestInstance, testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';
import { takeIn } from '../testing/take-in.ts';
import { studyPriors } from './index.ts';
import { type FoundStudy, type NewStudy, relevantStudies, ruleApplies } from './relevance.ts';

const ruleOf = (yaml: string) =>
  parseConfiguration(
    `archives: [{ kind: dicomweb, name: vna, url: "http://vna/dicom-web" }]\npriors: [{ name: r, from: [vna], ${yaml} }]`,
    'f',
    {},
  ).priors[0]!;

describe('relevance', () => {
  const study: NewStudy = {
    studyInstanceUid: '1.1',
    patientId: 'P',
    patientIssuer: '',
    birthDate: '19500101',
    modalities: ['PT', 'CT'],
    description: 'PET/CT skull base to thigh',
    bodyPart: '',
    reason: 'Lymphoma, response',
    date: '20261123',
  };
  const found = (uid: string, change: Partial<FoundStudy> = {}): FoundStudy => ({
    studyInstanceUid: uid,
    patientId: 'P',
    patientIssuer: '',
    birthDate: '',
    date: '20260523',
    description: 'CT thorax',
    modalities: ['CT'],
    instanceCount: 10,
    ...change,
  });
  const uids = (yaml: string, ...priors: readonly FoundStudy[]) =>
    relevantStudies(ruleOf(yaml), study, priors).map(({ studyInstanceUid }) => studyInstanceUid);

  it('is decided by modality, region, age and number, the newest first', () => {
    const all = [
      found('1', { date: '20200101' }),
      found('2'),
      found('3', { date: '20261001', description: 'MR knee', modalities: ['MR'] }),
      found('4', { date: '20261101', description: 'CT Knie' }),
      found('5', { date: '20270101' }),
    ];
    expect(uids('take: { withinDays: 3650 }', ...all)).toEqual(['4', '3', '2']);
    expect(uids('take: { modality: CT, withinDays: 365 }', ...all)).toEqual(['4', '2']);
    expect(uids('take: { most: 1 }', ...all)).toEqual(['4']);
    const chest = { ...study, description: 'CT chest' };
    const rule = ruleOf('take: { sameRegion: true, withinDays: 365 }');
    expect(relevantStudies(rule, chest, all)).toMatchObject([
      { studyInstanceUid: '2', rule: 'r', reason: 'CT, 184 days before, same region (chest)' },
    ]);
  });

  it('never takes a study of somebody else, nor the new one itself', () => {
    expect(uids('take: {}', found('1', { patientId: 'Q' }), found('2', { birthDate: '19620303' }))).toEqual(
      [],
    );
    expect(uids('take: {}', found('1.1'))).toEqual([]);
  });

  it('depends on the indication where a rule asks for it', () => {
    expect(ruleApplies(ruleOf('when: { modality: PT, reason: lymphoma }'), study)).toBe(true);
    expect(ruleApplies(ruleOf('when: { reason: [trauma, bleeding] }'), study)).toBe(false);
  });
});

describeWithPeers('studies from before, out of an Orthanc', ['Orthanc'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let pacs: Orthanc;
  let node: RunningNode;

  /** CT and PET of one day of a patient. */
  function examination(name: string, patient: string, date: string, birthDate = '19500101'): TestInstance[] {
    return testStudy(name, 2).map((instance) => {
      const { dataset } = parsePart10(instance.bytes);
      dataset.set('PatientID', patient);
      dataset.set('PatientBirthDate', birthDate);
      dataset.set('StudyDate', date);
      return { ...instance, bytes: writePart10({ dataset }) };
    });
  }

  beforeAll(async () => {
    folder = await temporaryFolder('priors');
    pacs = await createOrthanc();
    await pacs.start();
    const dimse = `kind: dimse, aeTitle: ORTHANC, host: 127.0.0.1, port: ${pacs.dicomPort}`;
    node = await startTestNode(
      folder.path,
      `
workflow: { workers: 0 }
studies:
  quietSeconds: 3
  afterAssociationSeconds: 0.2
  askSource: [{ aeTitle: SCANNER, archive: by-get }]
archives:
  - { name: by-get, ${dimse} }
  - { name: by-move, ${dimse}, retrieve: move }
  - { name: by-web, kind: dicomweb, url: "http://127.0.0.1:${pacs.httpPort}/dicom-web" }
priors:
  - { name: follow-up, when: { reason: get }, from: [by-get] }
  - { name: moved, when: { reason: move }, from: [by-move] }
  - { name: web, when: { reason: web }, from: [by-web] }
  - { name: arrived, when: { description: study }, take: { modality: PT, most: 1 }, from: [by-web, by-get] }
routes:
  - { name: all, run: { pipeline: counting } }
  - { name: compared, when: { attributes: { StudyDescription: { contains: follow-up } } }, run: { pipeline: comparing } }`,
    );
    await pacs.knows('PHOTOPEAK', node.dicom!.port);
  });
  afterAll(async () => {
    await node?.close();
    await pacs?.remove();
    await folder?.remove();
  });

  const order = (patient: string, reason: string) =>
    sql`insert into imaging_order (source, patient_id, birth_date, modality, description, reason)
      values ('hl7', ${patient}, '19500101', 'PT', 'PET/CT', ${reason})`.execute(node.context.db);

  it.each(['get', 'move', 'web'])('an order brings them before the study arrives: %s', async (way) => {
    const before = examination(`before-${way}`, `PAT-${way}`, '20260102');
    const namesake = examination(`namesake-${way}`, `PAT-${way}`, '20260304', '19991231');
    for (const { bytes } of [...before, ...namesake]) await pacs.put(bytes);
    await order(`PAT-${way}`, `Response, ${way}`);
    const { db } = node.context;
    const row = await eventually(async () => {
      const found = await db
        .selectFrom('prior')
        .selectAll()
        .where('archive', '=', `by-${way}`)
        .executeTakeFirst();
      return found !== undefined && found.state !== 'waiting' && found;
    });
    expect(row).toMatchObject({
      state: 'here',
      study_instance_uid: before[0]!.study,
      study_date: '20260102',
    });
    const instances = await db
      .selectFrom('instance')
      .select(['sop_instance_uid', 'origin'])
      .where('study_instance_uid', '=', before[0]!.study)
      .execute();
    expect(new Map(instances.map((each) => [each.sop_instance_uid, each.origin]))).toEqual(
      new Map(before.map(({ sop }) => [sop, 'prior'])),
    );
    expect(await db.selectFrom('run').select('id').execute()).toEqual([]);
    expect(await worklist(db)).toEqual([]);
    const [shown] = await worklist(db, before[0]!.study);
    expect(shown).toMatchObject({ state: 'complete', stateReason: 'study from before' });
  });

  it('a study without an order brings them as well; they are listed with it and why', async () => {
    const before = examination('older', 'PAT-late', '20251111');
    const oldest = examination('oldest', 'PAT-late', '20240101');
    const now = examination('current study', 'PAT-late', '20261123').map((instance) => {
      const { dataset } = parsePart10(instance.bytes);
      dataset.set('StudyDescription', 'PET/CT follow-up study');
      return { ...instance, bytes: writePart10({ dataset }) };
    });
    for (const { bytes } of [...before, ...oldest]) await pacs.put(bytes);
    await takeIn(node.context.sink, now, { kind: 'folder', folder: 'scanner' });
    const { priors } = await eventually(async () => {
      const found = await studyPriors(node.context.db, now[0]!.study);
      return found.priors.some(({ state }) => state !== 'waiting') && found;
    });
    expect(priors).toMatchObject([
      {
        studyInstanceUid: before[0]!.study,
        state: 'here',
        archive: 'by-web',
        rule: 'arrived',
        reason: 'CT, PT, 377 days before',
        instanceCount: 4,
      },
    ]);
    expect(await worklist(node.context.db)).toHaveLength(1);
    // The study was complete before the one from before was here: it is decided on again.
    const compared = await eventually(async () => {
      const [run] = await node.context.db
        .selectFrom('run')
        .selectAll()
        .where('study_instance_uid', '=', now[0]!.study)
        .where('pipeline', '=', 'comparing')
        .execute();
      return run ?? false;
    });
    expect(new Set(compared.input.map(({ study }) => study))).toEqual(new Set([undefined, before[0]!.study]));
  });

  it('the archive behind a source says how many instances there are to be', async () => {
    const instances = examination('counted', 'PAT-count', '20261123');
    const uid = instances[0]!.study;
    for (const { bytes } of instances) await pacs.put(bytes);
    const { db, sink } = node.context;
    const receive = async (some: readonly TestInstance[], end: 'complete' | 'lost') => {
      const session = sink.open({
        kind: 'dimse',
        callingAeTitle: 'SCANNER',
        calledAeTitle: 'PHOTOPEAK',
        address: '127.0.0.1',
      });
      for (const { bytes } of some) {
        const file = await session.begin();
        await file.write([bytes]);
        await file.commit();
      }
      await session.close(end);
    };
    const study = () =>
      db.selectFrom('study').selectAll().where('study_instance_uid', '=', uid).executeTakeFirstOrThrow();
    await receive(instances.slice(0, 3), 'lost');
    await eventually(async () => (await study()).state_reason === '1 announced instance not here yet');
    await receive(instances.slice(3), 'complete');
    const closed = await eventually(async () => {
      const row = await study();
      return row.closed_at !== null && row;
    });
    expect(closed).toMatchObject({ closed_by: 'query', expected_instances: 4, missing_instances: 0 });
  });
});

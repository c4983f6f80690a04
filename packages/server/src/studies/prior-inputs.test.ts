import { parsePart10, writePart10 } from '@photopeak/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningNode, replayRun } from '../index.ts';
import { type TestInstance, testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { takeIn } from '../testing/take-in.ts';

describe('a route whose pipeline compares with studies from before', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;

  /** CT and PET of one day of a patient. */
  function examination(name: string, date: string, patient = 'PAT', birthDate = '19500101'): TestInstance[] {
    return testStudy(name, 2).map((instance) => {
      const { dataset } = parsePart10(instance.bytes);
      dataset.set('PatientID', patient);
      dataset.set('PatientBirthDate', birthDate);
      dataset.set('StudyDate', date);
      return { ...instance, bytes: writePart10({ dataset }) };
    });
  }

  const receive = (instances: readonly TestInstance[]) => takeIn(node.context.sink, instances);

  const runOf = (study: string) =>
    node.context.db.selectFrom('run').selectAll().where('study_instance_uid', '=', study).execute();
  const settled = (study: string) =>
    eventually(async () => {
      const row = await node.context.db
        .selectFrom('study')
        .selectAll()
        .where('study_instance_uid', '=', study)
        .executeTakeFirst();
      return row !== undefined && row.closed_at !== null && row.settles_at === null && row;
    });

  beforeAll(async () => {
    folder = await temporaryFolder('prior-inputs');
    node = await startTestNode(
      folder.path,
      `
studies: { quietSeconds: 2, afterAssociationSeconds: 0.1 }
routes:
  - { name: follow-up, run: { pipeline: comparing } }`,
    );
  });
  afterAll(async () => {
    await node?.close();
    await folder?.remove();
  });

  it('queues no run of a first study and says why', async () => {
    const [first] = [examination('first', '20260110')];
    await receive(first);
    const study = await settled(first[0]!.study);
    expect(study).toMatchObject({
      state: 'complete',
      state_reason: 'route follow-up: no study from before is here to compare with',
    });
    expect(await runOf(first[0]!.study)).toEqual([]);
  });

  it('gives later ones the older studies of the same patient, the oldest first, and replays the run', async () => {
    const others = [
      examination('of somebody else', '20260111', 'OTHER'),
      examination('of a namesake', '20260112', 'PAT', '19990101'),
      examination('of later', '20270101'),
    ];
    for (const one of others) {
      await receive(one);
      await settled(one[0]!.study);
    }
    const second = examination('second', '20260301');
    const third = examination('third', '20260601');
    const fourth = examination('fourth', '20260901');
    for (const one of [second, third, fourth]) {
      await receive(one);
      await settled(one[0]!.study);
    }
    const finished = await eventually(async () => {
      const [run] = await runOf(fourth[0]!.study);
      return run?.state === 'packaged' || run?.state === 'delivered' ? run : false;
    });
    // At most two, the newest of the three.
    expect(finished.summary).toEqual({
      studies: [second, third, fourth].map(([instance]) => ({
        study: instance!.study,
        instances: 4,
        isRead: true,
      })),
    });
    const items = finished.input.map(({ study }) => study);
    expect(items.filter((study) => study === undefined)).toHaveLength(4);
    expect(new Set(items)).toEqual(new Set([undefined, second[0]!.study, third[0]!.study]));
    const { db, archive, pipelines } = node.context;
    expect(await replayRun({ db, archive, pipelines }, finished.id)).toMatchObject({ ok: true });
  });
});

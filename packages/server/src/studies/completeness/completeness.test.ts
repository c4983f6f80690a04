import { uidFrom } from '@photopeak/dicom';
import {
  associate,
  createProcedureStep,
  encodeDataSet,
  INSTANCE_AVAILABILITY,
  notifyAvailability,
  PROCEDURE_STEP,
  serviceContext,
  setProcedureStep,
} from '@photopeak/dimse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../../index.ts';
import { type TestInstance, testStudy } from '../../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../../testing/node.ts';
import { learned, studyCounts } from './index.ts';

describe('the completeness of a study', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;

  beforeAll(async () => {
    folder = await temporaryFolder('completeness');
    node = await startTestNode(
      folder.path,
      `
workflow: { workers: 0 }
routes:
  - { name: pet, when: { modalities: [PT] }, choose: { attributes: { Modality: PT } }, run: { pipeline: counting } }
  - { name: both, when: { modalities: [MR, CT] } }`,
    );
  });
  afterAll(async () => {
    await node?.close();
    await folder?.remove();
  });

  /** The end of the session stays away: only the long pause or better evidence closes the study. */
  async function receive(
    instances: readonly TestInstance[],
    end: 'complete' | 'lost' = 'lost',
  ): Promise<void> {
    const session = node.context.sink.open({ kind: 'folder', folder: 'scanner' });
    for (const instance of instances) {
      const file = await session.begin();
      await file.write([instance.bytes]);
      await file.commit();
    }
    await session.close(end);
  }

  async function tell<T>(sopClass: string, work: (a: Awaited<ReturnType<typeof associate>>) => Promise<T>) {
    const peer = {
      host: '127.0.0.1',
      port: node.dicom!.port,
      calledAeTitle: 'PHOTOPEAK',
      callingAeTitle: 'SCANNER',
    };
    const association = await associate(peer, { contexts: [serviceContext(sopClass)] });
    try {
      return await work(association);
    } finally {
      await association.release();
    }
  }

  const STUDY = 0x0020000d;
  const beginStep = (uid: string, study: string) =>
    tell(PROCEDURE_STEP, (association) =>
      createProcedureStep(association, uid, (syntax) =>
        encodeDataSet(
          [
            { tag: 0x00400252, vr: 'CS', value: 'IN PROGRESS' },
            { tag: 0x00400270, vr: 'SQ', value: [[{ tag: STUDY, vr: 'UI', value: study }]] },
          ],
          syntax,
        ),
      ),
    );
  const endStep = (uid: string, instances: readonly TestInstance[]) =>
    tell(PROCEDURE_STEP, (association) =>
      setProcedureStep(association, uid, (syntax) =>
        encodeDataSet(
          [
            { tag: 0x00400252, vr: 'CS', value: 'COMPLETED' },
            {
              tag: 0x00400340,
              vr: 'SQ',
              value: [...Map.groupBy(instances, ({ series }) => series)].map(([series, members]) => [
                { tag: 0x0020000e, vr: 'UI', value: series },
                {
                  tag: 0x00081140,
                  vr: 'SQ',
                  value: members.map(({ sop }) => [{ tag: 0x00081155, vr: 'UI', value: sop }]),
                },
              ]),
            },
          ],
          syntax,
        ),
      ),
    );
  const counts = (uid: string) => studyCounts(node.context.db, uid);
  const closed = (uid: string) =>
    eventually(async () => {
      const found = await counts(uid);
      return found?.closedBy !== null && found;
    });
  const runsOf = (uid: string) =>
    node.context.db.selectFrom('run').select('id').where('study_instance_uid', '=', uid).execute();

  it('a procedure step in progress keeps it open; its end with all images closes it at once', async () => {
    const instances = testStudy('mpps', 3);
    const uid = instances[0]!.study;
    const step = uidFrom('step', 'mpps');
    await beginStep(step, uid);
    await receive(instances.slice(0, 4), 'complete');
    const waiting = await eventually(async () => {
      const row = await node.context.db
        .selectFrom('study')
        .select('state_reason')
        .where('study_instance_uid', '=', uid)
        .executeTakeFirst();
      return row?.state_reason === 'a procedure step is in progress';
    });
    expect(waiting).toBe(true);
    await endStep(step, instances);
    await receive(instances.slice(4));
    expect(await closed(uid)).toMatchObject({ closedBy: 'mpps', expected: 6, received: 6, missing: 0 });
    expect(await runsOf(uid)).toHaveLength(1);
  });

  it('a notice of more than came shows the difference, and what comes late closes it again', async () => {
    const instances = testStudy('ian', 3);
    const uid = instances[0]!.study;
    await receive(instances.slice(0, 5), 'complete');
    expect(await closed(uid)).toMatchObject({ closedBy: 'association', expected: null });
    await tell(INSTANCE_AVAILABILITY, (association) =>
      notifyAvailability(association, uidFrom('notice', 'ian'), {
        studyInstanceUid: uid,
        procedureSteps: [],
        series: [...Map.groupBy(instances, ({ series }) => series)].map(([seriesInstanceUid, members]) => ({
          seriesInstanceUid,
          instances: members.map(({ sop }) => ({
            sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
            sopInstanceUid: sop,
            availability: 'ONLINE' as const,
            retrieveAeTitle: 'PACS',
          })),
        })),
      }),
    );
    expect(await counts(uid)).toMatchObject({
      missing: 1,
      differences: ['1 announced instance not here'],
    });
    await receive(instances.slice(5));
    await eventually(async () => (await counts(uid))?.closedBy === 'ian');
    expect(await counts(uid)).toMatchObject({ expected: 6, received: 6, differences: [] });
  });

  it('late images that a run does not read bring no second run; those it reads do', async () => {
    const instances = testStudy('late', 3);
    const uid = instances[0]!.study;
    const [ct, pet] = [instances.slice(0, 3), instances.slice(3)];
    await receive([...pet.slice(0, 2), ct[0]!], 'complete');
    await closed(uid);
    const first = await runsOf(uid);
    expect(first).toHaveLength(1);
    const settle = async (more: readonly TestInstance[]) => {
      const { closedAt } = (await counts(uid))!;
      await receive(more, 'complete');
      await eventually(async () => (await counts(uid))?.closedAt !== closedAt);
    };
    await settle(ct.slice(1));
    expect(await runsOf(uid)).toEqual(first);
    await settle(pet.slice(2));
    expect(await runsOf(uid)).toHaveLength(2);
  });

  it('how long a source is quiet is learned within bounds', async () => {
    const bounds = { shortestQuietSeconds: 2, longestQuietSeconds: 60 };
    const usual = Array.from({ length: 99 }, () => 4_000);
    expect(learned([...usual, 500_000], bounds)).toBe(6);
    expect(learned([10, 20], bounds)).toBe(2);
    expect(learned([1e6, 1e6], bounds)).toBe(60);
    const { pace, db } = node.context;
    for (let study = 0; study < 8; study++) {
      pace.arrived('dimse SLOW', `s${study}`, 0);
      pace.arrived('dimse SLOW', `s${study}`, 20_000);
      pace.closed(`s${study}`);
    }
    await pace.flush();
    expect(pace.quietSeconds('dimse SLOW')).toBe(30);
    expect(pace.quietSeconds('dimse OTHER')).toBe(3);
    const row = await db
      .selectFrom('source_pace')
      .select('pauses')
      .where('source', '=', 'dimse SLOW')
      .executeTakeFirst();
    expect(row?.pauses).toHaveLength(8);
  });
});

import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parsePart10, writePart10 } from '@photopeak/dicom';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../node/index.ts';
import { verifyArchive } from '../operations/index.ts';
import { type TestInstance, testInstance } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';

const SPACE = `photopeak-move-${process.pid}`;
const [OURS, THEIRS] = [`pm${process.pid}a`, `pm${process.pid}b`];
const [HERE, THERE] = ['10.213.9.1', '10.213.9.2'];
const ip = (...args: string[]) => spawnSync('ip', args).status === 0;
/** A study of 8 MB takes a quarter of a minute: there is a middle of it. */
const RATE = ['tbf', 'rate', '4mbit', 'burst', '64kb', 'latency', '400ms'];

const mayCut = ip('netns', 'add', SPACE);
const title = 'the network is cut while a PACS sends studies from before (C-MOVE)';
describe.skipIf(!mayCut)(mayCut ? title : `${title} (skipped: needs the right to make a namespace)`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let pacs: Orthanc;
  let node: RunningNode;

  beforeAll(async () => {
    expect(ip('link', 'add', OURS, 'type', 'veth', 'peer', 'name', THEIRS, 'netns', SPACE)).toBe(true);
    ip('addr', 'add', `${HERE}/24`, 'dev', OURS);
    ip('link', 'set', OURS, 'up');
    ip('-n', SPACE, 'addr', 'add', `${THERE}/24`, 'dev', THEIRS);
    ip('-n', SPACE, 'link', 'set', THEIRS, 'up');
    ip('-n', SPACE, 'link', 'set', 'lo', 'up');
    folder = await temporaryFolder('move-cut');
    pacs = await createOrthanc({ inside: { command: ['ip', 'netns', 'exec', SPACE], address: THERE } });
    await pacs.start();
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
workflow: { workers: 0 }
sources: [{ kind: dimse, name: pacs, aeTitle: ORTHANC }]
archives: [{ kind: dimse, name: vna, aeTitle: ORTHANC, host: ${THERE}, port: ${pacs.dicomPort}, retrieve: move }]
priors: [{ name: all, from: [vna] }]
routes: [{ name: all, run: { pipeline: counting } }]`,
      { dicom: HERE, http: '127.0.0.1' },
    );
    await pacs.knows('PHOTOPEAK', node.dicom!.port, HERE);
    spawnSync('ip', ['netns', 'exec', SPACE, 'tc', 'qdisc', 'add', 'dev', THEIRS, 'root', ...RATE]);
  });
  afterAll(async () => {
    await node?.close();
    await pacs?.stop('SIGKILL');
    await pacs?.remove();
    ip('link', 'del', OURS);
    ip('netns', 'del', SPACE);
    await folder?.remove();
  });

  const incoming = () => readdir(path.join(folder.path, 'data/archive/incoming'));

  /** A study in the PACS, and an order that makes the node ask for it. */
  async function ordered(patient: string): Promise<TestInstance[]> {
    const study = [1, 2, 3, 4].map((number) => {
      const instance = testInstance({ study: `before ${patient}`, number, size: 1000, patientId: patient });
      const { dataset } = parsePart10(instance.bytes);
      dataset.set('StudyDate', '20260102');
      return { ...instance, bytes: writePart10({ dataset }) };
    });
    for (const { bytes } of study) await pacs.put(bytes);
    await sql`insert into imaging_order (source, patient_id, birth_date, modality, description, reason)
      values ('hl7', ${patient}, '', 'CT', 'CT', 'follow-up')`.execute(node.context.db);
    await eventually(async () => (await incoming()).length > 0);
    return study;
  }

  async function allHereOnce(study: readonly TestInstance[]): Promise<void> {
    const { db, archive } = node.context;
    await eventually(async () => {
      const rows = await db
        .selectFrom('prior')
        .select('state')
        .where('study_instance_uid', '=', study[0]!.study)
        .execute();
      return rows.length > 0 && rows.every(({ state }) => state === 'here');
    });
    const rows = await db
      .selectFrom('instance')
      .select(['sop_instance_uid', 'origin'])
      .where('study_instance_uid', '=', study[0]!.study)
      .execute();
    expect(rows.map((row) => [row.sop_instance_uid, row.origin]).sort()).toEqual(
      study.map(({ sop }) => [sop, 'prior']).sort(),
    );
    expect(await incoming()).toEqual([]);
    expect(await verifyArchive({ db, archive })).toMatchObject({ ok: true });
  }

  it('for ten seconds: the transfer goes on', async () => {
    const study = await ordered('SHORT');
    ip('link', 'set', OURS, 'down');
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    ip('link', 'set', OURS, 'up');
    await allHereOnce(study);
  });

  it('and the PACS dies meanwhile: no partial file stays, and the study is fetched when it is back', async () => {
    const study = await ordered('LONG');
    ip('link', 'set', OURS, 'down');
    await pacs.stop('SIGKILL');
    // No byte and no end of the connection reaches the node: it has to notice by itself.
    await eventually(async () => (await incoming()).length === 0);
    ip('link', 'set', OURS, 'up');
    await pacs.start();
    // Orthanc forgets what it was told when it is killed.
    await pacs.knows('PHOTOPEAK', node.dicom!.port, HERE);
    await allHereOnce(study);
  }, 700_000);
});

import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../config/index.ts';
import { readAnchor, replayRun, restoreNode, startNode, verifyAudit } from '../../index.ts';
import type { RunningNode } from '../../node/index.ts';
import { testInstance, testStudy } from '../../testing/instances.ts';
import { sendUntilTaken } from '../../testing/modality.ts';
import { eventually, startTestNode, temporaryFolder, writeInstances } from '../../testing/node.ts';
import { testPipelines } from '../../testing/test-pipelines.ts';
import { createBackup, createLogger, verifyArchive } from '../index.ts';

const YAML = `
destinations: [{ kind: dimse, name: pacs, aeTitle: PACS, host: 127.0.0.1, port: 9 }]
routes:
  - name: count
    when: { modalities: [CT, PT], attributes: { StudyDescription: { contains: PET } } }
    run: { pipeline: counting, parameters: { slowMs: 50, findings: 2 } }
    deliver: [pacs]
  - name: slow
    when: { modalities: [CT], attributes: { StudyDescription: { equals: slow } } }
    run: { pipeline: counting, parameters: { slowMs: 20000 } }`;

describe('a backup of a node at work', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  let restored: RunningNode | undefined;
  const at = (name: string) => path.join(folder.path, name);
  const finished = testStudy('backup', 3);
  const slow = testInstance({ study: 'backup slow', description: 'slow' });

  beforeAll(async () => {
    folder = await temporaryFolder('backup');
    node = await startTestNode(at('node'), YAML);
    await mkdir(at('sent'));
    await sendUntilTaken(node.dicom!, await writeInstances(at('sent'), finished));
    await eventually(async () => (await runs(node)).find((run) => run.state === 'packaged'));
  });
  afterAll(async () => {
    await restored?.close();
    await folder?.remove();
  });

  const runs = (of: RunningNode) => of.context.db.selectFrom('run').selectAll().execute();
  const backup = () =>
    createBackup({
      url: node.context.connection.url,
      archive: node.context.archive,
      to: at('backup'),
      node: 'test',
      version: '0.1.0',
    });
  const restore = (dataFolder: string, snapshot?: string) =>
    restoreNode({
      configuration: parseConfiguration(YAML, 'test.yaml', {}),
      dataFolder,
      from: at('backup'),
      snapshot,
    });

  it('holds everything that the database names, once, and the next one copies only what is new', async () => {
    const first = await backup();
    expect(first).toMatchObject({ missing: [], copied: first.files });
    expect(first.files).toBeGreaterThan(finished.length);
    const second = await backup();
    expect(second).toMatchObject({ missing: [], copied: 0, files: first.files });
  });

  it('taken while a run works and instances arrive, it is restored as a node that goes on', async () => {
    await mkdir(at('slow'));
    await sendUntilTaken(node.dicom!, await writeInstances(at('slow'), [slow]));
    await eventually(async () => (await runs(node)).find((run) => run.state === 'running'));
    const more = testStudy('backup while sending', 20);
    await mkdir(at('more'));
    const sending = sendUntilTaken(node.dicom!, await writeInstances(at('more'), more));
    const report = await backup();
    await sending;
    expect(report.missing).toEqual([]);
    const before = (await runs(node)).find((run) => run.state === 'packaged')!;
    const owed = await node.context.db.selectFrom('outbox').select('sop_instance_uid').execute();
    await node.close();
    await rm(at('node'), { recursive: true });

    const outcome = await restore(at('restored'));
    expect(outcome).toMatchObject({ missing: [], runsToRepeat: 1, audit: { ok: true } });
    restored = await startNode({
      configuration: parseConfiguration(
        `${YAML.replace('slowMs: 20000', 'slowMs: 10')}
dicom: { port: 0 }
http: { port: 0 }
archive: { reserveMegabytes: 0 }`,
        'test.yaml',
        {},
      ),
      dataFolder: at('restored'),
      pipelinesModule: testPipelines,
      log: createLogger('fatal'),
    });
    const { db, archive, dataFolder } = restored.context;
    expect(await verifyArchive({ db, archive })).toMatchObject({ ok: true });
    expect(await replayRun(restored.context, before.id)).toMatchObject({ ok: true });
    const stillOwed = await db.selectFrom('outbox').select(['sop_instance_uid', 'state']).execute();
    expect(stillOwed.map((row) => row.sop_instance_uid).sort()).toEqual(
      owed.map((row) => row.sop_instance_uid).sort(),
    );
    const findings = await db.selectFrom('finding').selectAll().where('run_id', '=', before.id).execute();
    expect(findings).toHaveLength(2);
    expect(await verifyAudit(db, await readAnchor(dataFolder))).toMatchObject({ ok: true });
    // The run that was cut begins anew and ends; its parameters are those it was decided with.
    await eventually(async () =>
      (await runs(restored!)).find((run) => run.state === 'running' && run.study_instance_uid === slow.study),
    );
  });

  it('is not poured over a node that holds something', async () => {
    await expect(restore(at('restored'))).rejects.toMatchObject({ code: 'RESTORE_NOT_EMPTY' });
  });

  it('says which snapshot is damaged; an older one is taken instead', async () => {
    const snapshots = (await readdir(at('backup/snapshots'))).sort();
    expect(snapshots).toHaveLength(3);
    await appendFile(at(`backup/snapshots/${snapshots[2]}/study.jsonl.gz`), 'x');
    await expect(restore(at('damaged'))).rejects.toMatchObject({ code: 'RESTORE_DAMAGED' });
    expect(await restore(at('older'), snapshots[1])).toMatchObject({ missing: [], audit: { ok: true } });
  });
});

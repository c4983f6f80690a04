import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StudyDetail } from '../api/contract.ts';
import { type RunningNode, replayRun } from '../index.ts';
import { studyDetail } from '../studies/index.ts';
import { testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { takeIn } from '../testing/take-in.ts';

describe('two routes, of which one asks for an additional output', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  const study = testStudy('additions', 2);

  beforeAll(async () => {
    folder = await temporaryFolder('additions');
    await mkdir(path.join(folder.path, 'out'));
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
destinations: [{ kind: folder, name: out, path: ${path.join(folder.path, 'out')} }]
routes:
  - name: plain
    run: { pipeline: counting, parameters: { findings: 1 } }
    deliver: [out]
  - name: more
    run: { pipeline: counting, parameters: { findings: 1, digests: true } }
    deliver: [out]`,
    );
    await takeIn(node.context.sink, study);
  });
  afterAll(async () => {
    await node?.close();
    await folder?.remove();
  });

  it('are two runs that make the same objects, delivered once for both, and each can be replayed', async () => {
    const runs = await eventually(async () => {
      const detail = await studyDetail(node.context.db, study[0]!.study);
      const finished = StudyDetail.parse(detail).runs.filter((run) => run.state === 'delivered');
      return finished.length === 2 && finished;
    });
    const objects = runs.map((run) => new Map(run.results.map((result) => [result.fileName, result.sha256])));
    const [most, least] = objects.sort((a, b) => b.size - a.size);
    expect([...least!.keys()]).toEqual(['capture.dcm', 'summary.json', 'report.dcm']);
    expect([...most!.keys()].filter((name) => !least!.has(name))).toEqual(['digests.json']);
    for (const [name, sha256] of least!) expect(most!.get(name), name).toBe(sha256);
    const made = await node.context.db
      .selectFrom('instance')
      .select('sop_instance_uid')
      .where('origin', '=', 'result')
      .execute();
    expect(made).toHaveLength(2);
    const owed = await node.context.db.selectFrom('outbox').select('state').execute();
    expect(owed.map(({ state }) => state)).toEqual(['acknowledged', 'acknowledged']);
    for (const run of runs) {
      expect((await replayRun(node.context, run.id)).objects.filter(({ equal }) => !equal)).toEqual([]);
    }
  });
});

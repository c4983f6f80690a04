import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startTestNode, temporaryFolder } from '../testing/node.ts';
import { createOrthanc } from '../testing/orthanc.ts';
import { arrivedOnce, counting, sendStudy } from './scene.ts';

const AWAY_MS = 60_000;

it('the PACS is away for a minute while results wait: all arrive when it returns, once', async () => {
  const folder = await temporaryFolder('away');
  const orthanc = await createOrthanc();
  const node = await startTestNode(path.join(folder.path, 'data'), counting(orthanc));
  try {
    const gone = performance.now();
    const studies = [
      await sendStudy(folder.path, node.dicom!, 'away 1'),
      await sendStudy(folder.path, node.dicom!, 'away 2'),
    ].flat();
    await pause(AWAY_MS - (performance.now() - gone));
    const waiting = await node.context.db.selectFrom('outbox').select(['state', 'attempts']).execute();
    expect(waiting).toHaveLength(studies.length + 2);
    expect(waiting.filter(({ state }) => state === 'acknowledged')).toEqual([]);
    expect(Math.min(...waiting.map(({ attempts }) => attempts))).toBeGreaterThan(10);
    await orthanc.start();
    const { expected, found } = await arrivedOnce(node, orthanc, studies);
    expect(found).toEqual(expected);
  } finally {
    await node.close();
    await orthanc.remove();
    await folder.remove();
  }
});

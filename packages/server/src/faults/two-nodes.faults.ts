import path from 'node:path';
import { expect, it } from 'vitest';
import { readAnchor, verifyAudit } from '../index.ts';
import { startTestNode, temporaryFolder } from '../testing/node.ts';
import { createOrthanc } from '../testing/orthanc.ts';
import { arrivedOnce, counting, sendStudy } from './scene.ts';

it('two nodes on one database and one archive share the work; one leaves, the other goes on', async () => {
  const folder = await temporaryFolder('two');
  const orthanc = await createOrthanc();
  await orthanc.start();
  const data = path.join(folder.path, 'data');
  const first = await startTestNode(data, counting(orthanc));
  const second = await startTestNode(data, counting(orthanc));
  let firstIsOpen = true;
  try {
    const names = Array.from({ length: 6 }, (_, index) => `two ${index}`);
    // Three studies each, and one whose halves come in at both.
    const sent = await Promise.all(
      names.map((name, index) => sendStudy(folder.path, (index % 2 ? first : second).dicom!, name)),
    );
    const halves = await Promise.all([
      sendStudy(folder.path, first.dicom!, 'halves', 2),
      sendStudy(`${folder.path}/other`, second.dicom!, 'halves', 2),
    ]);
    const originals = [...sent.flat(), ...halves[0]!];
    const together = await arrivedOnce(first, orthanc, originals);
    expect(together.found).toEqual(together.expected);
    const runs = await first.context.db.selectFrom('run').select('run_key').execute();
    expect(new Set(runs.map((run) => run.run_key)).size).toBe(runs.length);

    await first.close();
    firstIsOpen = false;
    const alone = await sendStudy(folder.path, second.dicom!, 'alone');
    const after = await arrivedOnce(second, orthanc, [...originals, ...alone]);
    expect(after.found).toEqual(after.expected);
    expect(await verifyAudit(second.context.db, await readAnchor(data))).toMatchObject({ ok: true });
  } finally {
    if (firstIsOpen) await first.close();
    await second.close();
    await orthanc.remove();
    await folder.remove();
  }
});

import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testInstance, testStudy } from '../testing/instances.ts';
import { type Modality, modality, sendUntilTaken } from '../testing/modality.ts';
import { eventually, startTestNode, temporaryFolder, writeInstances } from '../testing/node.ts';
import type { RunningNode } from './index.ts';

const OUT_OF_RESOURCES = 0xa700;

function mount(folder: string, size: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0;
}

const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
const title = 'a node whose disks are full';
// Elsewhere the reserve stands for the end of the disk: archive.test.ts, dimse-intake.test.ts.
describe.skipIf(!mayMount)(mayMount ? title : `${title} (skipped: needs the right to mount)`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  const at = (name: string) => path.join(folder.path, 'data', name);
  const mounted: string[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder('disk-full');
    for (const [name, size] of [
      ['archive', '6m'],
      ['steps', '1m'],
      ['outgoing', '1m'],
    ] as const) {
      await mkdir(at(name), { recursive: true });
      expect(mount(at(name), size)).toBe(true);
      mounted.push(at(name));
    }
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
destinations:
  - { kind: folder, name: share, path: ${folder.path}, template: "share/{SOPInstanceUID}.dcm", transferSyntaxes: [1.2.840.10008.1.2] }
routes:
  - name: count
    when: { modalities: [CT, PT] }
    run: { pipeline: counting }
  - { name: share, when: { modalities: [CT], attributes: { StudyDescription: transcoded } }, deliver: [{ to: share, send: originals }] }`,
    );
  });
  afterAll(async () => {
    await node?.close();
    for (const at of mounted) spawnSync('umount', [at]);
    await folder?.remove();
  });

  async function filesBelow(name: string): Promise<string[]> {
    const entries = await readdir(at(name), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  it('refuses with A700, keeps nothing of it, and takes the next one over the same association', async () => {
    await mkdir(path.join(folder.path, 'sent'));
    const large = [1, 2, 3].map((number) => testInstance({ study: 'large', number, size: 1100 }));
    const small = testInstance({ study: 'large', number: 9 });
    const files = await writeInstances(path.join(folder.path, 'sent'), [...large, small]);
    const scanner: Modality = await modality(node.dicom!);
    expect(await scanner.store(files[0]!)).toBe(0);
    expect(await scanner.store(files[1]!)).toBe(0);
    expect(await scanner.store(files[2]!)).toBe(OUT_OF_RESOURCES);
    expect(await filesBelow('archive')).toHaveLength(2);
    expect(await scanner.store(files[3]!)).toBe(0);
    // Somebody makes space; the scanner sends again.
    expect(spawnSync('mount', ['-o', 'remount,size=64m', at('archive')]).status).toBe(0);
    expect(await scanner.store(files[2]!)).toBe(0);
    await scanner.release();
    const names = await filesBelow('archive');
    const rows = await node.context.db.selectFrom('instance').select('sha256').execute();
    expect(names.sort()).toEqual(rows.map((row) => row.sha256).sort());
    expect(rows).toHaveLength(4);
  });

  it('a run that finds no space for its intermediate data waits for it and ends well', async () => {
    const filler = at('steps/filler');
    await writeFile(filler, new Uint8Array(1024 * 1024)).catch(() => undefined);
    const study = testStudy('no room', 2);
    await mkdir(path.join(folder.path, 'study'));
    await sendUntilTaken(node.dicom!, await writeInstances(path.join(folder.path, 'study'), study));
    const { db } = node.context;
    await eventually(() =>
      db.selectFrom('run_step').selectAll().where('attempts', '>', 1).executeTakeFirst(),
    );
    await rm(filler);
    const run = await eventually(async () => {
      const found = await db.selectFrom('run').select(['state']).executeTakeFirst();
      return found !== undefined && ['packaged', 'delivered', 'failed'].includes(found.state) && found;
    });
    expect(run.state).not.toBe('failed');
    expect(await filesBelow('steps')).toEqual([]);
  });

  it('copies for a destination that do not fit on the temporary disk wait, and then go one after the other', async () => {
    const filler = at('outgoing/filler');
    await writeFile(filler, new Uint8Array(1024 * 1024)).catch(() => undefined);
    // 800 KB each: never two of them beside each other.
    const study = [1, 2, 3].map((number) =>
      testInstance({ study: 'transcoded', number, size: 630, description: 'transcoded' }),
    );
    await mkdir(path.join(folder.path, 'transcoded'));
    await sendUntilTaken(node.dicom!, await writeInstances(path.join(folder.path, 'transcoded'), study));
    const { db } = node.context;
    const owed = () => db.selectFrom('outbox').selectAll().where('destination', '=', 'share').execute();
    await eventually(async () => {
      const rows = await owed();
      return rows.length === 3 && rows.every((row) => row.last_error?.includes('DELIVERY_NO_SPACE'));
    });
    await rm(filler);
    await eventually(async () => (await owed()).every(({ state }) => state === 'acknowledged'));
    const there = await readdir(path.join(folder.path, 'share'));
    expect(there.sort()).toEqual(study.map(({ sop }) => `${sop}.dcm`).sort());
    expect(await filesBelow('outgoing')).toEqual([]);
  });
});

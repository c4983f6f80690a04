import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeWithPeers, freePort, type RunningPeer, startPeer } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import type { RunningNode } from './index.ts';

const guide = new URL('../../../../docs/setup-orthanc.md', import.meta.url);

/** A block of the guide as it stands there. */
function block(text: string, language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(text)?.[1];
  if (found === undefined) throw new Error(`docs/setup-orthanc.md has no block of ${language}`);
  return found;
}

describeWithPeers('an administrator follows the guide for Orthanc', ['Orthanc'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  let orthanc: RunningPeer;

  beforeAll(async () => {
    folder = await temporaryFolder('setup-orthanc');
    const text = await readFile(guide, 'utf8');
    const [dicom, http] = [await freePort(), await freePort()];
    const yaml = block(text, 'yaml')
      // Ports of this machine, and a pipeline that needs no PET/CT.
      .replace(/^dicom:.*\n/, '')
      .replaceAll('4242', String(dicom))
      .replace('petct-oncology', 'counting');
    node = await startTestNode(`${folder.path}/data`, yaml);
    const data = path.join(folder.path, 'orthanc');
    await mkdir(data);
    const lua = path.join(folder.path, 'photopeak.lua');
    await writeFile(lua, block(text, 'lua'));
    const file = path.join(folder.path, 'orthanc.json');
    const settings = JSON.parse(
      block(text, 'json')
        .replace('4242', String(dicom))
        .replace('8043', String(http))
        .replace('11112', String(node.dicom!.port))
        .replace('/etc/orthanc/photopeak.lua', lua)
        .replace('"StableAge": 10', '"StableAge": 1'),
    ) as Record<string, unknown>;
    const ofTest = { StorageDirectory: data, IndexDirectory: data, AuthenticationEnabled: false };
    await writeFile(file, JSON.stringify({ ...settings, ...ofTest }));
    orthanc = await startPeer('Orthanc', [file], http, { cwd: folder.path });
  });
  afterAll(async () => {
    await orthanc?.stop();
    await node?.close();
    await folder?.remove();
  });

  it('a study in Orthanc goes to the node by itself, and its results come back once', async () => {
    const url = `http://127.0.0.1:${orthanc.port}`;
    const study = testStudy('guided', 2);
    for (const { bytes } of study) {
      const stored = await fetch(`${url}/instances`, { method: 'POST', body: new Uint8Array(bytes) });
      expect(stored.status).toBe(200);
    }
    const inOrthanc = async () => {
      const found = (await (await fetch(`${url}/instances?expand`)).json()) as {
        MainDicomTags: { SOPInstanceUID: string };
      }[];
      return found.map(({ MainDicomTags }) => MainDicomTags.SOPInstanceUID);
    };
    const result = await eventually(() =>
      node.context.db
        .selectFrom('result')
        .select('sop_instance_uid')
        .where('sop_class_uid', 'is not', null)
        .executeTakeFirst(),
    );
    await eventually(async () => (await inOrthanc()).length === study.length + 1);
    expect(await inOrthanc()).toContain(result.sop_instance_uid);
    // The result makes the study stable again; nothing of it is sent back, and nothing runs twice.
    const changes = async () => {
      const { Changes } = (await (await fetch(`${url}/changes?limit=1000`)).json()) as {
        Changes: { ChangeType: string }[];
      };
      return Changes.filter(({ ChangeType }) => ChangeType === 'StableStudy').length;
    };
    await eventually(async () => (await changes()) >= 2);
    const runs = await node.context.db.selectFrom('run').select('id').execute();
    expect(runs).toHaveLength(1);
    const rows = await node.context.db.selectFrom('instance').select('sop_instance_uid').execute();
    expect(rows).toHaveLength(study.length + 1);
  });
});

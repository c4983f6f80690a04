import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { RunningNode } from '../node/index.ts';
import { type TestInstance, testStudy } from '../testing/instances.ts';
import { sendUntilTaken } from '../testing/modality.ts';
import { eventually, writeInstances } from '../testing/node.ts';
import type { Orthanc } from '../testing/orthanc.ts';

/** Configuration of a node that counts what comes and delivers everything to an Orthanc. */
export const counting = (orthanc: Orthanc, more = ''): string => `
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort} }
routes:
  - name: count
    when: { modalities: [CT, PT] }
    run: { pipeline: counting, parameters: { slowMs: 100 } }
    deliver: [{ to: pacs, send: all }]${more}`;

/** Writes a study and sends it as a scanner does. */
export async function sendStudy(
  folder: string,
  address: { readonly host: string; readonly port: number },
  name: string,
  slices = 3,
): Promise<TestInstance[]> {
  const study = testStudy(name, slices);
  const at = path.join(folder, `sent ${name}`);
  await mkdir(at, { recursive: true });
  await sendUntilTaken(address, await writeInstances(at, study));
  return study;
}

/** Waits until the PACS holds every original and every result, and returns how often each is there. */
export async function arrivedOnce(
  node: RunningNode,
  orthanc: Orthanc,
  originals: readonly TestInstance[],
): Promise<{ readonly expected: [string, number][]; readonly found: [string, number][] }> {
  const { db } = node.context;
  const studies = new Set(originals.map(({ study }) => study));
  await eventually(async () => {
    const runs = await db.selectFrom('run').select(['study_instance_uid', 'state']).execute();
    const done = runs.filter(({ state }) => state === 'delivered');
    return (
      done.length === runs.length && new Set(done.map((run) => run.study_instance_uid)).size >= studies.size
    );
  });
  const results = await db
    .selectFrom('result')
    .select('sop_instance_uid')
    .where('kind', '=', 'dicom')
    .execute();
  const uids = [...originals.map(({ sop }) => sop), ...results.map((row) => row.sop_instance_uid!)];
  const found = await eventually(async () => {
    const there = await orthanc.instances();
    return there.size >= uids.length && there;
  });
  return { expected: uids.map((uid): [string, number] => [uid, 1]).sort(), found: [...found].sort() };
}

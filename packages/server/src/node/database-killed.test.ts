import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describeWithPeers } from '@photopeak/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAnchor, verifyAudit } from '../index.ts';
import { testStudy } from '../testing/instances.ts';
import { sendUntilTaken } from '../testing/modality.ts';
import { eventually, startTestNode, temporaryFolder, writeInstances } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';
import type { RunningNode } from './index.ts';

const STUDIES = 3;
const KILLS = 2;

describeWithPeers(
  'PostgreSQL killed with SIGKILL while studies come in and results go out',
  ['Orthanc'],
  () => {
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let orthanc: Orthanc;
    let node: RunningNode;

    beforeAll(async () => {
      folder = await temporaryFolder('database-killed');
      orthanc = await createOrthanc();
      await orthanc.start();
      node = await startTestNode(
        path.join(folder.path, 'data'),
        `
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort} }
routes:
  - name: count
    when: { modalities: [CT, PT] }
    run: { pipeline: counting, parameters: { slowMs: 200 } }
    deliver: [{ to: pacs, send: all }]`,
      );
    });
    afterAll(async () => {
      await node?.close();
      await orthanc?.remove();
      await folder?.remove();
    });

    async function killPostmaster(): Promise<void> {
      const { rows } = await sql<{ file: string }>`select pg_read_file('postmaster.pid') as file`.execute(
        node.context.db,
      );
      process.kill(Number(rows[0]!.file.split('\n')[0]), 'SIGKILL');
    }

    /** The same again and again while the database is away. */
    const asked = <T>(question: () => Promise<T | undefined | false>) =>
      eventually(() => question().catch(() => undefined));

    it('the node says so, starts it again, and every study arrives once', async () => {
      const studies = Array.from({ length: STUDIES }, (_, index) => testStudy(`database ${index}`, 3));
      const sending = (async () => {
        for (const [index, study] of studies.entries()) {
          const at = path.join(folder.path, `study-${index}`);
          await mkdir(at, { recursive: true });
          await sendUntilTaken(node.dicom!, await writeInstances(at, study));
        }
      })();
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(700);
        await killPostmaster();
        await asked(async () => (await fetch(`${node.url}/readyz`)).status === 503);
        await asked(async () => (await fetch(`${node.url}/readyz`)).status === 200);
      }
      await sending;
      const { db } = node.context;
      const expected = studies.flat().map(({ sop }) => sop);
      const runs = await asked(async () => {
        const found = await db.selectFrom('run').selectAll().execute();
        const whole = new Set(
          found.filter((run) => run.input.length === 6).map((run) => run.study_instance_uid),
        );
        const done = found.every((run) => run.state === 'delivered');
        return whole.size === STUDIES && done && found;
      });
      const results = await db.selectFrom('result').selectAll().where('kind', '=', 'dicom').execute();
      expect(results).toHaveLength(runs.length);
      const all = [...expected, ...results.map((row) => row.sop_instance_uid!)];
      const there = await asked(async () => {
        const found = await orthanc.instances();
        return found.size === all.length && found;
      });
      expect([...there].sort()).toEqual(all.map((sop) => [sop, 1]).sort());
      expect(await verifyAudit(db, await readAnchor(node.context.dataFolder))).toMatchObject({ ok: true });
    });
  },
);

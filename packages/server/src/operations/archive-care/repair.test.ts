import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePart10, writePart10 } from '@photopeak/dicom';
import { describeWithPeers } from '@photopeak/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImageArchive } from '../../config/index.ts';
import type { RunningNode } from '../../index.ts';
import { type TestInstance, testStudy } from '../../testing/instances.ts';
import { sendUntilTaken } from '../../testing/modality.ts';
import { eventually, startTestNode, temporaryFolder, writeInstances } from '../../testing/node.ts';
import { createOrthanc, type Orthanc } from '../../testing/orthanc.ts';
import { checkHealth } from '../health.ts';
import { recordProblems, repairProblem, verifyArchive } from './index.ts';

describeWithPeers(
  'an archive whose files are damaged or lost, beside a PACS that has them',
  ['Orthanc'],
  () => {
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let pacs: Orthanc;
    let node: RunningNode;
    const study = testStudy('repair', 3);

    beforeAll(async () => {
      folder = await temporaryFolder('repair');
      pacs = await createOrthanc();
      await pacs.start();
      node = await startTestNode(
        path.join(folder.path, 'data'),
        `
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${pacs.dicomPort} }
routes: [{ name: forward, when: { modalities: [CT] }, deliver: [{ to: pacs, send: all }], run: { pipeline: counting } }]`,
      );
      await pacs.knows('PHOTOPEAK', node.dicom!.port);
      await mkdir(path.join(folder.path, 'sent'));
      await sendUntilTaken(node.dicom!, await writeInstances(path.join(folder.path, 'sent'), study));
      const { db } = node.context;
      // What the node keeps ready of an original is what a copy can be compared with; made while all files are whole.
      await eventually(async () => {
        const ready = await db
          .selectFrom('instance')
          .innerJoin('instance_metadata', 'instance_metadata.sha256', 'instance.sha256')
          .select('sop_instance_uid')
          .where('origin', '=', 'received')
          .execute();
        return ready.length === study.length;
      });

      await eventually(async () => {
        const rows = await db
          .selectFrom('outbox')
          .select('sop_instance_uid')
          .where('state', '=', 'acknowledged')
          .execute();
        const there = new Set(rows.map((row) => row.sop_instance_uid));
        return study.every(({ sop }) => there.has(sop));
      });
    });
    afterAll(async () => {
      await node?.close();
      await pacs?.remove();
      await folder?.remove();
    });

    const hashOf = async (sop: string) => {
      const row = await node.context.db
        .selectFrom('instance')
        .select('sha256')
        .where('sop_instance_uid', '=', sop)
        .executeTakeFirstOrThrow();
      return row.sha256;
    };
    const fileOf = async (sop: string) => node.context.archive.instances.pathOf(await hashOf(sop));

    async function flipByte(sop: string): Promise<{ sha256: string; file: string; good: Buffer }> {
      const [sha256, file] = [await hashOf(sop), await fileOf(sop)];
      const good = await readFile(file);
      const bad = Buffer.from(good);
      bad[bad.length - 20]! ^= 0xff;
      await writeFile(file, bad);
      return { sha256, file, good };
    }

    /** The scrub reads 1/256 of the archive after the other: lets it come to this file until it has read it. */
    const scrubUntilFound = (sha256: string) =>
      eventually(async () => {
        const part = Number.parseInt(sha256.slice(0, 2), 16);
        await sql`update archive_scrub set next_part = ${part}`.execute(node.context.db);
        return (await problemOf(sha256)) !== undefined;
      });
    const problemOf = (sha256: string) =>
      node.context.db
        .selectFrom('archive_problem')
        .selectAll()
        .where('sha256', '=', sha256)
        .executeTakeFirst();
    const audited = async (kind: string) =>
      (await node.context.db.selectFrom('audit').select('entry').execute())
        .map(({ entry }) => JSON.parse(entry))
        .filter((entry) => entry.kind === kind);
    const removeFromPacs = async ({ sop }: TestInstance) => {
      const url = `http://127.0.0.1:${pacs.httpPort}`;
      const found = await fetch(`${url}/tools/lookup`, { method: 'POST', body: sop });
      const [{ ID }] = (await found.json()) as [{ ID: string }];
      await fetch(`${url}/instances/${ID}`, { method: 'DELETE' });
    };

    it('the node finds a flipped byte and a lost file by itself, and both come back byte for byte', async () => {
      const damaged = await flipByte(study[0]!.sop);
      const [lostHash, lostFile] = [await hashOf(study[1]!.sop), await fileOf(study[1]!.sop)];
      const lost = await readFile(lostFile);
      await rm(lostFile);
      for (const sha256 of [damaged.sha256, lostHash]) {
        await scrubUntilFound(sha256);
        await eventually(async () => (await problemOf(sha256))?.state === 'repaired');
      }
      expect((await readFile(damaged.file)).equals(damaged.good)).toBe(true);
      expect((await readFile(lostFile)).equals(lost)).toBe(true);
      await expect(stat(path.join(node.context.dataFolder, 'damaged', damaged.sha256))).resolves.toBeTruthy();
      expect(await audited('archive-repaired')).toMatchObject([
        { detail: { code: 'ARCHIVE_DAMAGED', sha256: damaged.sha256, from: 'pacs' } },
        { detail: { code: 'ARCHIVE_MISSING', sha256: lostHash, from: 'pacs' } },
      ]);
      const metrics = await node.context.metrics.registry.metrics();
      expect(metrics).toContain('photopeak_archive_problems{state="repaired"} 2');
      const { db, archive } = node.context;
      expect(await verifyArchive({ db, archive })).toMatchObject({ ok: true });
      expect(await node.context.db.selectFrom('quarantine').select('id').execute()).toEqual([]);
    });

    const ways: readonly [string, () => ImageArchive][] = [
      [
        'C-MOVE',
        () => ({
          kind: 'dimse',
          name: 'mover',
          aeTitle: 'ORTHANC',
          host: '127.0.0.1',
          port: pacs.dicomPort,
          retrieve: 'move',
          concurrent: 1,
          perHour: 60,
        }),
      ],
      [
        'WADO-RS',
        () => ({
          kind: 'dicomweb',
          name: 'web',
          url: `http://127.0.0.1:${pacs.httpPort}/dicom-web`,
          concurrent: 1,
          perHour: 60,
        }),
      ],
    ];
    it.each(ways)('a file comes back by %s', async (_, archive) => {
      const { context } = node;
      const damaged = await flipByte(study[2]!.sop);
      const { problems } = await verifyArchive({ db: context.db, archive: context.archive });
      await recordProblems(context.db, problems);
      const configuration = Object.create(context.configuration, {
        destinations: { value: [] },
        archives: { value: [archive()] },
        studies: { value: { askSource: [{ aeTitle: 'SCANNER', archive: archive().name }] } },
      });
      // The repair of the node itself may be faster; it asks by C-GET.
      await sql`update archive_problem set next_attempt_at = now() + interval '1 hour'`.execute(context.db);
      const problem = (await problemOf(damaged.sha256))!;
      const outcome = await repairProblem(
        { ...context, configuration, mayMove: true },
        problem,
        new AbortController().signal,
      );
      expect(outcome).toEqual({ state: 'repaired', from: archive().name });
      expect(
        createHash('sha256')
          .update(await readFile(damaged.file))
          .digest('hex'),
      ).toBe(damaged.sha256);
    });

    it('a copy that the PACS changed is not taken for the same: it arrives as new, and what differs is said', async () => {
      const instance = study[3]!;
      await removeFromPacs(instance);
      const { dataset } = parsePart10(instance.bytes);
      dataset.set('PatientName', 'Curie^Maria');
      await pacs.put(writePart10({ dataset }));
      const sha256 = await hashOf(instance.sop);
      await flipByte(instance.sop);
      await scrubUntilFound(sha256);
      await eventually(async () => (await problemOf(sha256))?.state === 'replaced');
      expect(await audited('archive-replaced')).toMatchObject([
        { detail: { instance: instance.sop, sha256, from: 'pacs', differing: ['00100010'] } },
      ]);
      const now = await hashOf(instance.sop);
      expect(now).not.toBe(sha256);
      const { dataset: taken } = parsePart10(await readFile(node.context.archive.instances.pathOf(now)));
      expect(taken.text('PatientName')).toBe('Curie^Maria');
      await expect(stat(path.join(node.context.dataFolder, 'damaged', sha256))).resolves.toBeTruthy();
    });

    it('what nobody has any more stays a problem that health and metrics show', async () => {
      const instance = study[4]!;
      await removeFromPacs(instance);
      const { sha256 } = await flipByte(instance.sop);
      await scrubUntilFound(sha256);
      const problem = await eventually(async () => {
        const found = await problemOf(sha256);
        return found !== undefined && found.last_error !== null && found;
      });
      expect(problem).toMatchObject({ state: 'open', code: 'ARCHIVE_DAMAGED' });
      expect(problem.last_error).toMatch(/^pacs: /);
      const checks = await checkHealth(node.context);
      expect(checks.find(({ name }) => name === 'archive content')).toMatchObject({ ok: false });
      expect(await node.context.metrics.registry.metrics()).toContain(
        'photopeak_archive_problems{state="open"} 1',
      );
    });
  },
);

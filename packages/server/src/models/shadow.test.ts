import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { affineNetwork, manifestText } from '@photopeak/models/testing';
import { inProcessRunner, type StudyInput } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../archive/index.ts';
import { defaultConfiguration } from '../config/index.ts';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import { testInstance } from '../testing/instances.ts';
import { runRow } from '../testing/run-row.ts';
import {
  addModel,
  failingModels,
  listComparisons,
  listPlacements,
  openModelStore,
  pinModels,
  promoteModel,
  type RegistryContext,
  rollbackModel,
  runShadows,
  siteModels,
} from './index.ts';

describe('a candidate beside the version in use', () => {
  let database: TestDatabase;
  let folder: string;
  let context: RegistryContext;
  let study: StudyInput;
  let settings = defaultConfiguration().models;
  let archive: Awaited<ReturnType<typeof openArchive>>;
  beforeAll(async () => {
    database = await startTestDatabase();
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-shadow-'));
    archive = await openArchive(path.join(folder, 'data'), defaultConfiguration().archive);
    context = {
      db: database.db,
      store: openModelStore(archive),
      trustedKeys: [],
      requireSignature: false,
      actor: 'tests',
    };
    for (const [version, network] of [
      ['1.0.0', affineNetwork(['n', 1, 'h', 'w'], 1)],
      ['1.1.0', affineNetwork(['n', 1, 'h', 'w'], 1.5)],
      // It will not get enough memory.
      ['1.2.0', affineNetwork(['n', 1, 'h', 'w'], 1)],
    ] as const) {
      const home = path.join(folder, version);
      await mkdir(home);
      await writeFile(path.join(home, 'model.onnx'), network);
      const limit = version === '1.2.0' ? 'hardware: { memoryMb: 16 }' : '';
      await writeFile(path.join(home, 'model.yaml'), manifestText({ more: limit }).replace('1.0.0', version));
      await addModel(context, home);
    }
    const instances = [];
    for (const number of [1, 2, 3, 4]) {
      const {
        study: studyInstanceUid,
        series,
        sop,
        bytes,
      } = testInstance({ study: 'shadow', number, fill: 8 });
      const file = path.join(folder, `${number}.dcm`);
      await writeFile(file, bytes);
      instances.push({
        path: file,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
        sopInstanceUid: sop,
        seriesInstanceUid: series,
        studyInstanceUid,
        modality: 'CT',
      });
    }
    const { studyInstanceUid } = instances[0]!;
    study = { studyInstanceUid, instances };
    await database.db
      .insertInto('study')
      .values({ study_instance_uid: studyInstanceUid, weight_kg: null, size_m: null })
      .execute();
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const place = (version: string, candidate?: Parameters<typeof promoteModel>[1]['candidate']) =>
    promoteModel(context, {
      id: 'test-model',
      version,
      phase: 'assist',
      ...(candidate === undefined ? {} : { candidate }),
    });
  const models = (role: 'serving' | 'shadow') => siteModels({ db: database.db, archive, settings, role });

  async function finishedRun(id: string): Promise<void> {
    await database.db
      .insertInto('run')
      .values(runRow(id, study.studyInstanceUid, { pipeline: 'enhancement' }))
      .execute();
    const [pinned] = await pinModels(database.db, ['test-model'], study);
    const used = [{ digest: pinned!.digest, seriesInstanceUid: study.instances[0]!.seriesInstanceUid }];
    const runner = inProcessRunner({ run: { key: id, at: '' }, models: models('shadow') });
    await runShadows(database.db, runner, { runId: id, study, used });
  }

  it('is run afterwards, compared, kept and audited; its result is seen by nobody', async () => {
    await place('1.0.0', { version: '1.1.0', mode: 'shadow' });
    await finishedRun('run-1');
    const [row, ...more] = await listComparisons(database.db, 'test-model');
    expect(more).toEqual([]);
    expect(row).toMatchObject({ version: '1.0.0', candidate: '1.1.0', failure: null });
    expect(row!.strata).toMatchObject({ modality: 'CT' });
    // Both are known: the candidate gives half as much again. Stored 0x0808, less 1024 HU.
    const hu = 0x0808 - 1024;
    const of = (name: string) => row!.differences.find((one) => one.name === name)!.value;
    expect([of('mean'), of('sd'), of('largest')]).toEqual([hu / 2, 0, hu / 2]);
    const { entry } = await database.db
      .selectFrom('audit')
      .select('entry')
      .where('entry', 'like', '%ran as a shadow%')
      .executeTakeFirstOrThrow();
    expect(JSON.parse(entry)).toMatchObject({
      subject: 'model:test-model@1.1.0',
      detail: { beside: '1.0.0', run: 'run-1', failure: null },
    });
    expect(await database.db.selectFrom('result').selectAll().execute()).toEqual([]);
    const uses = await database.db.selectFrom('model_use').selectAll().orderBy('id').execute();
    expect(uses.map(({ version, role, failure }) => [version, role, failure])).toEqual([
      ['1.0.0', 'shadow', null],
      ['1.1.0', 'shadow', null],
    ]);
    expect(uses[0]!.run_seconds).toBeGreaterThan(0);
  });

  it('that fails is an answer too', async () => {
    await place('1.0.0', { version: '1.2.0', mode: 'shadow' });
    await finishedRun('run-2');
    const [row] = await listComparisons(database.db, 'test-model', { candidate: '1.2.0' });
    expect(row).toMatchObject({ failure: { code: 'MODEL_MEMORY' }, differences: [] });
  });

  it('that is rolled back serves nothing that is decided from then on; what was decided before goes on as it was', async () => {
    await place('1.0.0');
    await place('1.1.0');
    const [decided] = await pinModels(database.db, ['test-model'], study);
    await rollbackModel(context, 'test-model', {}, 'streaks');
    const { signal } = new AbortController();
    const opened = await models('serving').open(decided!.digest, { signal });
    await opened.model.close();
    expect(opened.manifest.version).toBe('1.1.0');
    expect(await pinModels(database.db, ['test-model'], study)).toMatchObject([{ version: '1.0.0' }]);
  });

  it('that was put in use and fails again and again raises an alert, and the version before serves again', async () => {
    settings = { ...settings, fallBackAfter: 2 };
    await place('1.2.0');
    const { digest } = (await pinModels(database.db, ['test-model'], study))[0]!;
    const use = () => models('serving').open(digest, { signal: new AbortController().signal });
    await expect(use()).rejects.toMatchObject({ code: 'MODEL_MEMORY' });
    expect(await failingModels(database.db, 2)).toEqual([]);
    expect((await listPlacements(database.db))[0]).toMatchObject({ version: '1.2.0' });
    await expect(use()).rejects.toMatchObject({ code: 'MODEL_MEMORY' });
    expect(await failingModels(database.db, 2)).toEqual([
      { id: 'test-model', version: '1.2.0', count: 2, code: 'MODEL_MEMORY' },
    ]);
    expect((await listPlacements(database.db))[0]).toMatchObject({
      version: '1.0.0',
      placedBy: 'node',
      reason: 'rolled back from 1.2.0: it failed repeatedly',
    });
  });

  it('that serves as a canary and fails again and again is taken away', async () => {
    await place('1.0.0', { version: '1.2.0', mode: 'canary', share: 0.999 });
    const [pinned] = await pinModels(database.db, ['test-model'], study);
    expect(pinned).toMatchObject({ version: '1.2.0' });
    for (let n = 0; n < 2; n++) {
      const opening = models('serving').open(pinned!.digest, { signal: new AbortController().signal });
      await expect(opening).rejects.toMatchObject({ code: 'MODEL_MEMORY' });
    }
    expect((await listPlacements(database.db))[0]).toMatchObject({
      version: '1.0.0',
      candidate: null,
      reason: 'canary 1.2.0 ended: it failed repeatedly',
    });
  });
});

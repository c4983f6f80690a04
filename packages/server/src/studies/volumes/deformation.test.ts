import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildDeformableRegistration, parsePart10, UID, writePart10 } from '@photopeak/dicom';
import { identity, type Vec3 } from '@photopeak/imaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Archive } from '../../archive/index.ts';
import { startTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { testStudy } from '../../testing/instances.ts';
import { petctSummaryWith } from '../../testing/petct-summary.ts';
import { runRow } from '../../testing/run-row.ts';
import { createVolumeCache } from './cache.ts';
import { runDeformation } from './deformation.ts';
import type { SeriesVolumeContext } from './series-volume.ts';

const size: Vec3 = [4, 3, 2];
const vectors = new Float32Array(72).map((_, n) => n / 8);

let database: TestDatabase;
let context: SeriesVolumeContext;
beforeAll(async () => {
  database = await startTestDatabase();
  const file = path.join(database.folder, 'object');
  await writeFile(file, registration());
  context = {
    db: database.db,
    archive: { instances: { pathOf: () => file } } as unknown as Archive,
    cache: createVolumeCache(path.join(database.folder, 'volumes'), 1e6),
  };
  await database.db
    .insertInto('study')
    .values({ study_instance_uid: '1.2.3', weight_kg: null, size_m: null })
    .execute();
  await addRun('petct', 'petct-oncology', petctSummaryWith());
  await addRun('prior', 'prior-comparison', { schema: 'another' });
  await addRun('none', 'petct-oncology', petctSummaryWith());
  for (const run of ['petct', 'prior']) {
    await database.db
      .insertInto('result')
      .values({
        ...{ run_id: run, ordinal: 0, output: 'deformable-registration', kind: 'dicom', file_name: 'd.dcm' },
        ...{ sha256: 'a', byte_length: 1, sop_class_uid: UID.DeformableSpatialRegistrationStorage },
        ...{ sop_instance_uid: '1.2.9', series_instance_uid: '1.2.8' },
      })
      .execute();
  }
});
afterAll(() => database.stop());

function registration(): Uint8Array {
  const [first] = testStudy('deformed', 1);
  const source = parsePart10(first!.bytes).dataset;
  const images = { frameOfReferenceUid: '1.2.4', images: [] };
  return writePart10({
    dataset: buildDeformableRegistration({
      context: {
        source,
        equipment: { manufacturer: 'P', model: 'P', deviceSerialNumber: '0', softwareVersions: '0' },
        ...{ seriesInstanceUid: '1.2.8', sopInstanceUid: '1.2.9', seriesNumber: 1 },
        ...{ seriesDescription: 'd', at: '2026-11-23T10:15:00', algorithms: [] },
      },
      fixed: images,
      moving: images,
      pull: identity,
      field: {
        ...{ size, data: vectors, spacingMm: [6, 7, 8], origin: [-1, -2, -3] },
        direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      },
    }),
  });
}

const addRun = (id: string, pipeline: string, content: unknown) =>
  database.db
    .insertInto('run')
    .values(runRow(id, '1.2.3', { pipeline, review: 'draft', summary: JSON.stringify(content) }))
    .execute();

describe('the deformation of a run', () => {
  it('is given as the object on disk says, and kept', async () => {
    const { deformation, folder } = await runDeformation(context, 'petct');
    expect(deformation).toMatchObject({
      ...{ size, spacingMm: [6, 7, 8], origin: [-1, -2, -3], byteLength: 288 },
      vectorsHref: '/api/runs/petct/deformation/vectors',
    });
    const bytes = await readFile(path.join(folder, 'vectors.bin'));
    expect(new Float32Array(Uint8Array.from(bytes).buffer)).toEqual(vectors);
    expect((await runDeformation(context, 'petct')).deformation).toEqual(deformation);
  });

  it('is refused where a run has none, or one of other images', async () => {
    for (const run of ['none', 'prior', 'unknown'])
      await expect(runDeformation(context, run)).rejects.toMatchObject({ code: 'HTTP_NOT_FOUND' });
  });
});

import { createHash } from 'node:crypto';
import { deformationOf, readFilePart10, readRegistration, UID } from '@photopeak/dicom';
import { type DisplacementField, PhotopeakError } from '@photopeak/imaging';
import type { DeformationGrid } from '../../api/contract.ts';
import { asPetctSummary } from '../worklist.ts';
import type { SeriesVolumeContext } from './series-volume.ts';

const FORMAT = 1;

export interface PreparedDeformation {
  readonly deformation: DeformationGrid;
  readonly folder: string;
}

/**
 * The displacement field of a run's Deformable Spatial Registration, as the viewer applies it.
 * @throws PhotopeakError HTTP_NOT_FOUND when the run deformed no PET
 */
export async function runDeformation(
  { db, archive, cache }: SeriesVolumeContext,
  runId: string,
): Promise<PreparedDeformation> {
  const run = await db.selectFrom('run').select('summary').where('id', '=', runId).executeTakeFirst();
  // Other pipelines write such objects too, between other images.
  const isOfPet = run !== undefined && asPetctSummary(run.summary) !== undefined;
  const object = await db
    .selectFrom('result')
    .select('sha256')
    .where('run_id', '=', runId)
    .where('sop_class_uid', '=', UID.DeformableSpatialRegistrationStorage)
    .orderBy('ordinal')
    .executeTakeFirst();
  if (!isOfPet || object === undefined) throw noDeformation();
  const key = createHash('sha256').update(`deformation ${FORMAT} ${runId}\n${object.sha256}\n`).digest('hex');
  const prepared = await cache.get(key, async () => {
    const field = fieldOf(archive.instances.pathOf(object.sha256));
    const { buffer, byteOffset, byteLength } = field.data;
    return {
      files: { 'vectors.bin': new Uint8Array(buffer, byteOffset, byteLength) },
      description: (etags): DeformationGrid => ({
        size: [...field.size],
        spacingMm: [...field.spacingMm],
        origin: [...field.origin],
        direction: [...field.direction],
        byteLength,
        etag: etags['vectors.bin']!,
        vectorsHref: `/api/runs/${runId}/deformation/vectors`,
      }),
    };
  });
  return { deformation: prepared.description, folder: prepared.folder };
}

function fieldOf(file: string): DisplacementField {
  const registration = readRegistration(readFilePart10(file).dataset);
  if (registration.kind !== 'deformable') throw noDeformation();
  const item = registration.items.find(({ grid }) => grid !== undefined);
  const field = item === undefined ? undefined : deformationOf(item).field;
  if (field === undefined) throw noDeformation();
  return field;
}

const noDeformation = () => new PhotopeakError('the run has deformed no PET', { code: 'HTTP_NOT_FOUND' });

import { PhotopeakError } from '@photopeak/imaging';
import { listPlacements } from './placements.ts';
import { type RegisteredModel, type RegistryContext, requireModel } from './registry.ts';

/**
 * A registered version with the folder of its package, compared with its digest. Without a version the one in use;
 * where several are, the version has to be said.
 * @throws PhotopeakError MODEL_UNKNOWN, MODEL_NOT_PLACED, MODEL_DAMAGED
 */
export async function laidOutModel(
  { db, store }: Pick<RegistryContext, 'db' | 'store'>,
  id: string,
  version?: string,
): Promise<{ readonly model: RegisteredModel; readonly folder: string }> {
  const model = await requireModel(db, id, version ?? (await versionInUse(db, id)));
  return { model, folder: await store.laidOut(model.digest, model.files) };
}

async function versionInUse(db: RegistryContext['db'], id: string): Promise<string> {
  const placed = (await listPlacements(db)).filter(({ modelId }) => modelId === id);
  const versions = [...new Set(placed.map(({ version }) => version))];
  const [only] = versions;
  if (only !== undefined && versions.length === 1) return only;
  throw new PhotopeakError('which version of the model is meant has to be said', {
    code: 'MODEL_NOT_PLACED',
    expected: `${id}@VERSION`,
    found: only === undefined ? 'no version is in use' : `in use are ${versions.join(', ')}`,
    remedy: 'photopeak model list shows the versions',
  });
}

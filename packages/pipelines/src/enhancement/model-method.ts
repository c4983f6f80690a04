import type { Series } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { ModelManifest } from '@photopeak/models';
import { z } from 'zod';
import { inferImage } from '../model-run/index.ts';
import type { PinnedModel, SiteModels } from '../pipeline.ts';
import { type EnhancementMethod, enhancementTasks } from './method.ts';
import { factsOf, imageOf } from './network-results.ts';

/** Whether a model's task is one of ours. */
export const enhances = (task: ModelManifest['task']): boolean =>
  (enhancementTasks as readonly string[]).includes(task);

/**
 * A model of the site in the place of a built-in method: its network or program is started for one series and ends with
 * it. Programs that take DICOM get the series without what identifies the patient; all others get voxels alone.
 */
export async function modelMethod(
  { digest }: Pick<PinnedModel, 'digest'>,
  models: SiteModels | undefined,
  series: Series | undefined,
  context: { readonly signal: AbortSignal; readonly gpu?: string },
): Promise<EnhancementMethod & AsyncDisposable> {
  if (models === undefined) {
    throw new PhotopeakError('there are no models here', {
      code: 'ENHANCE_NO_MODELS',
      expected: `the package ${digest.slice(0, 12)}`,
      remedy: 'photopeak model add brings a model to a node; photopeak enhance takes --model FOLDER',
    });
  }
  const { manifest, model } = await models.open(digest, context);
  return {
    id: manifest.id,
    version: manifest.version,
    task: manifest.task as EnhancementMethod['task'],
    title: manifest.title,
    modalities: manifest.modality,
    parameters: z.strictObject({}),
    intendedUse: manifest.intendedUse,
    limits: [
      `regulatory: ${manifest.regulatory.map(({ region, status }) => `${region} ${status}`).join(', ')}`,
    ],
    digest,
    manufacturer: 'model of the site',
    isNetwork: true,
    async run({ volume }, _, { signal, progress }) {
      const results = await inferImage({ manifest, model }, volume, series, {
        signal,
        onProgress: (fraction) => progress(fraction, manifest.title),
      });
      return { volume: imageOf(results, `${manifest.id}@${manifest.version}`), facts: factsOf(model) };
    },
    [Symbol.asyncDispose]: () => model.close(),
  };
}

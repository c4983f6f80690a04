import { PhotopeakError, type Volume } from '@photopeak/imaging';
import type { ModelResult, OpenModel } from '@photopeak/models';
import type { MethodFact } from './method.ts';

/** The image among what a network gives. Throws `ENHANCE_MODEL_NO_IMAGE`, which names the model. */
export function imageOf(results: readonly ModelResult[], model: string): Volume {
  for (const result of results) if (result.kind === 'image') return result.volume;
  throw new PhotopeakError('the model gives no image', {
    code: 'ENHANCE_MODEL_NO_IMAGE',
    expected: 'an output of the kind image',
    found: model,
    remedy: 'choose a model whose model.yaml has output.kind image',
  });
}

/** What computed, for the report. */
export const factsOf = ({
  provider,
  runtimeVersion,
}: Pick<OpenModel, 'provider' | 'runtimeVersion'>): MethodFact[] => [
  { name: 'provider', value: provider },
  { name: 'runtime', value: runtimeVersion },
];

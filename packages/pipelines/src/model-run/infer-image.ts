import type { Series } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import type { InferOptions, ModelManifest, ModelResult, OpenModel } from '@photopeak/models';
import { dicomExchange } from './dicom-exchange.ts';

/**
 * Runs a model on one image, under the name that it asks for first; a model that asks for more says so itself
 * (`MODEL_INPUT_MISSING`). `series`: the files of the image, for programs that take DICOM.
 */
export function inferImage(
  { manifest, model }: { readonly manifest: ModelManifest; readonly model: OpenModel },
  volume: Volume,
  series?: Series,
  options: InferOptions = {},
): Promise<readonly ModelResult[]> {
  const name = manifest.input[0]?.channels[0]?.image ?? 'image';
  return model.infer(
    { [name]: volume },
    { ...options, ...(series === undefined ? {} : { dicom: dicomExchange(manifest, series, volume) }) },
  );
}

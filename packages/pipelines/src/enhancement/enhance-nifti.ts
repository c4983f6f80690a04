import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError, readNifti, type Volume, writeNifti } from '@photopeak/imaging';
import { textResult } from '../objects/index.ts';
import type { PinnedModel, ResultObject, SiteModels } from '../pipeline.ts';
import { NOTICE } from '../study/index.ts';
import { applyMethod } from './apply-method.ts';
import { defaultMethod, noMethod, settingsOf } from './catalogue.ts';
import { unknownFacts } from './image-facts.ts';
import { measureChange } from './measure-change.ts';
import { measureImages } from './measure-images.ts';
import type { EnhancementMethod, EnhancementTask, MethodContext } from './method.ts';
import { modelMethod } from './model-method.ts';
import { controlledImage, type QualityParameters } from './quality/index.ts';
import { ENHANCED_IMAGE_SCHEMA, type EnhancedImage } from './summary.ts';

export interface NiftiInput {
  readonly file: string;
  readonly task: EnhancementTask;
  /** Left out: the built-in method for task and modality. */
  readonly method?: EnhancementMethod;
  /** A model of the site in its place. */
  readonly model?: { readonly pinned: PinnedModel; readonly models: SiteModels };
  readonly settings: Readonly<Record<string, unknown>>;
  /** Left out: CT where there is air as in HU, else MR. */
  readonly modality?: string;
  readonly quality: QualityParameters;
}

/** NIfTI names no unit: values as low as air has them in HU are CT. */
const AIR_BELOW_HU = -500;

function isHounsfield({ unit, data }: Volume): boolean {
  if (unit === "[hnsf'U]") return true;
  for (let n = 0; n < data.length; n++) if (data[n]! < AIR_BELOW_HU) return unit === '' || unit === '1';
  return false;
}

/**
 * Enhances a NIfTI image: the result as NIfTI, and what was done and measured. NIfTI names no scanner, dose or protocol:
 * methods that ask for them refuse, or go by the image alone. Throws `ENHANCE_INPUT_UNREADABLE`, ENHANCE_*.
 */
export async function enhanceNifti(
  input: NiftiInput,
  context: MethodContext,
): Promise<{ readonly report: EnhancedImage; readonly files: readonly ResultObject[] }> {
  const { read, sha256 } = await readImage(input.file);
  const modality = input.modality ?? (isHounsfield(read) ? 'CT' : 'MR');
  const volume = { ...read, unit: modality === 'CT' ? "[hnsf'U]" : read.unit || '1' };
  await using method = await methodOf(input, modality, context);
  const settings = settingsOf(method, input.settings);
  const facts = unknownFacts(modality, path.basename(input.file), volume.unit);
  const image = { volume, planes: 'slices', facts } as const;
  const enhanced = await applyMethod(method, image, settings, context);
  const checked =
    enhanced.volume === null
      ? undefined
      : await controlledImage(image, enhanced.volume, method, settings, input.quality, context);
  const isHeld = checked?.quality?.verdict === 'held';
  const fileName = isHeld ? `held/${RESULT}` : RESULT;
  const report: EnhancedImage = {
    schema: ENHANCED_IMAGE_SCHEMA,
    notice: NOTICE,
    source: {
      sha256,
      modality,
      size: [...volume.size],
      spacingMm: [...volume.spacingMm],
    },
    task: method.task,
    method: {
      id: method.id,
      version: method.version,
      digest: method.digest ?? null,
      settings: settings as EnhancedImage['method']['settings'],
      limits: [...method.limits],
    },
    result:
      enhanced.volume === null
        ? null
        : {
            fileName,
            size: [...enhanced.volume.size],
            spacingMm: [...enhanced.volume.spacingMm],
          },
    facts: [...(enhanced.facts ?? [])],
    measured:
      enhanced.volume === null
        ? []
        : [
            ...measureChange(volume, enhanced.volume, facts),
            ...(await measureImages(volume, enhanced.volume, facts)),
          ],
    quality: checked?.quality ?? null,
    findings: [...(enhanced.findings ?? []), ...(checked?.findings ?? [])],
  };
  const text = textResult('summary', 'summary.json', 'json', `${JSON.stringify(report, null, 2)}\n`);
  if (enhanced.volume === null) return { report, files: [text] };
  const file = {
    output: 'enhanced',
    fileName,
    kind: 'nifti',
    bytes: writeNifti(enhanced.volume),
  } as const;
  return { report, files: [file, ...(checked?.objects ?? []), text] };
}

const RESULT = 'enhanced.nii.gz';

/** In a function of its own: the bytes of a long series are as large as its image, and not needed any more. */
async function readImage(file: string): Promise<{ readonly read: Volume; readonly sha256: string }> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new PhotopeakError('the image cannot be read', {
      code: 'ENHANCE_INPUT_UNREADABLE',
      expected: 'a NIfTI file',
      found: cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause),
      where: file,
      remedy: 'check the path',
      cause,
    });
  });
  return { read: readNifti(bytes), sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function methodOf(
  { method, model, task }: NiftiInput,
  modality: string,
  { signal }: MethodContext,
): Promise<EnhancementMethod & AsyncDisposable> {
  if (model !== undefined) return modelMethod(model.pinned, model.models, undefined, { signal });
  const found = method ?? defaultMethod(task, modality);
  if (found === undefined) throw noMethod(task, modality);
  return { ...found, [Symbol.asyncDispose]: async () => {} };
}

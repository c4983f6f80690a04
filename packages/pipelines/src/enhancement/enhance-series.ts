import {
  type Algorithm,
  groupSeries,
  type InstanceReference,
  referenceTo,
  type Series,
} from '@photopeak/dicom';
import { PhotopeakError, sameGrid, type Volume } from '@photopeak/imaging';
import type { Identity } from '../objects/index.ts';
import type { Finding, QualityEntry, ResultObject, Step, StepContext, StudyInput } from '../pipeline.ts';
import { readInstances } from '../study/index.ts';
import { applyMethod, applyToVolumes, mostChanged } from './apply-method.ts';
import { builtInMethod } from './catalogue.ts';
import type { Decision, StackKey } from './choose.ts';
import { type LoadedImage, loadImage } from './load-image.ts';
import { measureChange } from './measure-change.ts';
import { measureImages } from './measure-images.ts';
import type { EnhancementMethod, MethodFact } from './method.ts';
import { modelMethod } from './model-method.ts';
import { algorithmOfMethod, derivedObjects, descriptionOf, seriesNumberOf, settingTexts } from './objects.ts';
import { enhancePictures, isPictureSeries } from './pictures/index.ts';
import {
  assessmentObject,
  type ControlledImage,
  controlledImage,
  heldBack,
  type QualityParameters,
  qualityEntry,
} from './quality/index.ts';
import type { EnhancedSeries } from './summary.ts';

export interface EnhanceInput {
  readonly study: StudyInput;
  readonly pipeline: Identity['pipeline'];
  readonly decision: Decision;
  /** Which of the series of this run, from 0. */
  readonly index: number;
  readonly quality: QualityParameters;
}

export interface EnhancedOutput {
  readonly entry: EnhancedSeries;
  readonly objects: readonly ResultObject[];
  /** The first instance of each; null where nothing was made. */
  readonly original: InstanceReference;
  readonly enhanced: InstanceReference | null;
  readonly algorithm: Algorithm;
  readonly findings: readonly Finding[];
  readonly quality: QualityEntry | null;
}

/** A series that could not be enhanced does not end the run: the others go on. */
export interface EnhanceFailure {
  readonly failure: Finding;
}

/**
 * One series from its files to the objects of its enhanced series. Memory: the series, the result, and the encoded
 * instances; beside them what the method needs.
 */
export const enhanceSeries: Step<EnhanceInput, EnhancedOutput | EnhanceFailure> = {
  name: 'enhance',
  version: '3',
  resource: 'cpu',
  run: async (input, context) => {
    try {
      return await enhance(input, context);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof PhotopeakError)) throw error;
      return { failure: failureOf(input.decision, error) };
    }
  },
};

function failureOf({ source }: Decision, error: PhotopeakError): Finding {
  const { code, message, found, remedy } = error;
  return {
    code,
    severity: 'error',
    message: `series ${source.seriesNumber ?? ''} ${source.modality} stays as it is: ${message}${found === undefined ? '' : ` (${found})`}`,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

async function enhance(
  { study, pipeline, decision, index, quality }: EnhanceInput,
  context: StepContext,
): Promise<EnhancedOutput> {
  const { run, progress, signal } = context;
  const { phase } = decision;
  const identity: Identity = { pipeline, run };
  progress(0, 'reading');
  const series = stackOf(study, decision.key);
  await using method = await methodOf(decision, series, context);
  const settings = settingTexts(decision.settings);
  const algorithm = algorithmOfMethod(method, settings);
  const key = `${decision.key.seriesInstanceUid} ${decision.key.stack ?? ''}`;
  if (decision.key.together !== undefined)
    return enhanceVolumes({ study, pipeline, decision, index, quality }, method, series, context);
  if (isPictureSeries(series)) {
    const what = nameOf(decision);
    const input = { identity, series, method, settings: decision.settings, phase, index, key, quality, what };
    const outcome = await enhancePictures(input, { signal, progress });
    const { result, facts, measured, imageFacts, quality: checked, ...made } = outcome;
    const entry = entryOf(decision, method, { result, facts, measured, quality: checked });
    const listed = imageFacts === null ? null : qualityEntry(entry, imageFacts, quality);
    return { ...made, algorithm, entry, quality: listed };
  }
  const { image, source, frames, findings } = await loadImage(series, signal);
  const enhanced = await applyMethod(method, image, decision.settings, {
    signal,
    progress: (fraction, message) => progress(0.1 + 0.5 * fraction, message ?? method.title),
  });
  const { volume } = enhanced;
  const objects: ResultObject[] = [];
  const made: InstanceReference[] = [];
  let checked: ControlledImage | undefined;
  const finished = (object: ResultObject) =>
    checked?.quality?.verdict === 'held' ? heldBack(object) : object;
  if (volume !== null) {
    keepOutside(image.volume, volume, source.images.header.has('PixelPaddingValue'));
    progress(0.6, 'checking');
    checked = await controlledImage(image, volume, method, decision.settings, quality, context, {
      name: `quality-${index + 1}`,
      what: nameOf(decision),
    });
    progress(0.85, 'writing');
    const input = { method, settings, phase, index, source, frames, grid: image.volume, volume, key };
    for (const { object, reference } of derivedObjects(identity, input)) {
      made.push(reference);
      objects.push(finished({ ...object, phase }));
    }
  }
  const instanceCount = objects.length;
  const [first = null] = made;
  if (quality.contentAssessment && checked?.quality && first !== null) {
    const assessed = {
      quality: checked.quality,
      header: source.images.header,
      originals: source.headers.map(referenceTo),
      enhanced: made,
      algorithm,
      key,
      index,
      isResearch: phase === 'research',
    };
    objects.push(finished({ ...assessmentObject(identity, assessed), phase }));
  }
  if (checked !== undefined) objects.push(...checked.objects);
  const entry = entryOf(decision, method, {
    result:
      volume === null || first === null
        ? null
        : {
            seriesInstanceUid: first.seriesInstanceUid,
            seriesNumber: seriesNumberOf(index),
            description: descriptionOf(method.task, image.facts.description),
            instanceCount,
            keepsGeometry: sameGrid(volume, image.volume),
          },
    facts: enhanced.facts ?? [],
    measured:
      volume === null
        ? []
        : [
            ...measureChange(image.volume, volume, image.facts),
            ...(await measureImages(image.volume, volume, image.facts)),
          ],
    quality: checked?.quality ?? null,
  });
  return {
    entry,
    objects,
    original: referenceTo(source.headers[0]!),
    enhanced: first,
    algorithm,
    findings: [...findings, ...(enhanced.findings ?? []), ...(checked?.findings ?? [])],
    quality: qualityEntry(entry, image.facts, quality),
  };
}

/** All volumes of a series at once: one derived series, the volumes one after the other. */
async function enhanceVolumes(
  { study, pipeline, decision, index, quality }: EnhanceInput,
  method: EnhancementMethod,
  first: Series,
  context: StepContext,
): Promise<EnhancedOutput> {
  const { run, progress, signal } = context;
  const { seriesInstanceUid, together = [] } = decision.key;
  const settings = settingTexts(decision.settings);
  const loaded: LoadedImage[] = [];
  for (const stack of together) {
    const series = stack === decision.key.stack ? first : stackOf(study, { seriesInstanceUid, stack });
    loaded.push(await loadImage(series, signal));
    progress((0.2 * loaded.length) / together.length, 'reading');
  }
  const { volumes, facts, findings } = await applyToVolumes(
    method,
    loaded.map(({ image }) => image),
    decision.settings,
    { signal, progress: (fraction) => progress(0.2 + 0.5 * fraction, method.title) },
  );
  progress(0.7, 'checking');
  // The volume that changed most, against its own spread, stands for all.
  const shown = mostChanged(
    loaded.map(({ image }) => image.volume),
    volumes,
  );
  const { image } = loaded[shown]!;
  const checked = await controlledImage(
    image,
    volumes[shown]!,
    method,
    decision.settings,
    { ...quality, trials: false },
    context,
    { name: `quality-${index + 1}`, what: `${nameOf(decision)}, volume ${shown + 1} of ${volumes.length}` },
  );
  progress(0.85, 'writing');
  const objects: ResultObject[] = [];
  let enhanced: InstanceReference | null = null;
  for (const [n, { source, frames, image: original }] of loaded.entries()) {
    const key = `${seriesInstanceUid} together`;
    const input = {
      ...{ method, settings, phase: decision.phase, index, source, frames, key },
      grid: original.volume,
      volume: volumes[n]!,
      firstNumber: objects.length + 1,
    };
    for (const { object, reference } of derivedObjects({ pipeline, run }, input)) {
      enhanced ??= reference;
      const made = { ...object, phase: decision.phase };
      objects.push(checked.quality?.verdict === 'held' ? heldBack(made) : made);
    }
  }
  const entry = entryOf(decision, method, {
    result: {
      seriesInstanceUid: enhanced!.seriesInstanceUid,
      seriesNumber: seriesNumberOf(index),
      description: descriptionOf(method.task, image.facts.description),
      instanceCount: objects.length,
      keepsGeometry: true,
    },
    facts: [...facts, { name: 'checked and measured', value: `volume ${shown + 1} of ${volumes.length}` }],
    measured: measureChange(image.volume, volumes[shown]!, image.facts),
    quality: checked.quality,
  });
  return {
    entry,
    objects: [...objects, ...checked.objects],
    original: referenceTo(loaded[0]!.source.headers[0]!),
    enhanced,
    algorithm: algorithmOfMethod(method, settings),
    findings: [...loaded.flatMap((one) => one.findings).slice(0, 1), ...findings, ...checked.findings],
    quality: qualityEntry(entry, image.facts, quality),
  };
}

/** A series as people are told of it. */
const nameOf = ({ source: { seriesNumber, description } }: Decision): string =>
  `series ${seriesNumber ?? ''} ${description}`.replace(/ +/g, ' ').trim();

/** What a series was enhanced by, with what came of it. */
function entryOf(
  decision: Decision,
  method: EnhancementMethod,
  outcome: Pick<EnhancedSeries, 'result' | 'measured' | 'quality'> & {
    readonly facts: readonly MethodFact[];
  },
): EnhancedSeries {
  return {
    source: decision.source,
    task: method.task,
    method: {
      id: method.id,
      version: method.version,
      title: method.title,
      manufacturer: algorithmOfMethod(method, []).manufacturer,
      digest: method.digest ?? null,
      settings: decision.settings as EnhancedSeries['method']['settings'],
      intendedUse: method.intendedUse,
      limits: [...method.limits],
    },
    phase: decision.phase,
    rules: decision.rules,
    ...outcome,
    facts: [...outcome.facts],
  };
}

/** A built-in method, or the model of the site, which ends with the series. */
async function methodOf(
  { method: name, digest }: Decision,
  series: Series,
  { models, signal, gpu }: StepContext,
): Promise<EnhancementMethod & AsyncDisposable> {
  if (digest !== null)
    return modelMethod({ digest }, models, series, { signal, ...(gpu === undefined ? {} : { gpu }) });
  const method = builtInMethod(name);
  if (method !== undefined) return { ...method, [Symbol.asyncDispose]: async () => {} };
  throw new PhotopeakError('there is no such method', { code: 'ENHANCE_METHOD_UNKNOWN', found: name });
}

function stackOf(study: StudyInput, { seriesInstanceUid, stack }: StackKey): Series {
  const instances = study.instances.filter((one) => one.seriesInstanceUid === seriesInstanceUid);
  const series = groupSeries(readInstances({ ...study, instances })).find(
    (one) => (one.stack ?? null) === stack,
  );
  if (series !== undefined) return series;
  throw new PhotopeakError('an input file has lost its identity', {
    code: 'INPUT_CHANGED',
    expected: 'the series that was chosen',
    where: seriesInstanceUid,
    remedy: 'run again on the unchanged study',
  });
}

/** What a CT stores outside of its field of view, as it is read. */
const CT_FILL_HU = -1024;

/** Outside of the field of view, where pixels are padding, nothing was measured: the result has no value there either. */
function keepOutside(original: Volume, result: Volume, isPadded: boolean): void {
  if (!isPadded || original.unit !== "[hnsf'U]" || !sameGrid(original, result)) return;
  for (let n = 0; n < original.data.length; n++)
    if (original.data[n] === CT_FILL_HU) result.data[n] = CT_FILL_HU;
}

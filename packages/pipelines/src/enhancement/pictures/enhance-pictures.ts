import {
  buildDerivedPictures,
  type InstanceReference,
  isUltrasoundImage,
  referenceTo,
  type Series,
  uidFrom,
} from '@photopeak/dicom';
import { contextOf, finish, type Identity } from '../../objects/index.ts';
import type { Finding, ResultObject, StepContext } from '../../pipeline.ts';
import { applyMethod } from '../apply-method.ts';
import type { ImageFacts } from '../image-facts.ts';
import type { EnhancementMethod, MethodFact } from '../method.ts';
import { algorithmOfMethod, descriptionOf, seriesNumberOf, settingTexts, TASKS } from '../objects.ts';
import {
  assessmentObject,
  type ControlledImage,
  controlledImage,
  heldBack,
  type QualityParameters,
  worseOf,
} from '../quality/index.ts';
import type { EnhancedSeries } from '../summary.ts';
import { loadPictures, withGreys } from './load-pictures.ts';
import { PictureMeasures } from './measure-pictures.ts';

/** Whether a series is of ultrasound pictures or clips, which have no place in space. */
export const isPictureSeries = ({ sopClassUid, kind }: Pick<Series, 'sopClassUid' | 'kind'>): boolean =>
  kind !== 'volume' && isUltrasoundImage(sopClassUid);

export interface PicturesInput {
  readonly identity: Identity;
  readonly series: Series;
  readonly method: EnhancementMethod;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly phase: EnhancedSeries['phase'];
  /** Which of the series of this run, from 0. */
  readonly index: number;
  readonly key: string;
  readonly quality: QualityParameters;
  /** The series, for people. */
  readonly what: string;
}

export interface EnhancedPictures {
  readonly objects: readonly ResultObject[];
  readonly original: InstanceReference;
  readonly enhanced: InstanceReference | null;
  readonly result: EnhancedSeries['result'];
  readonly facts: readonly MethodFact[];
  readonly measured: EnhancedSeries['measured'];
  readonly findings: readonly Finding[];
  /** Of the picture or clip that quality control likes least. */
  readonly quality: EnhancedSeries['quality'];
  readonly imageFacts: ImageFacts | null;
}

/**
 * The pictures and clips of an ultrasound series, one instance after the other: only tissue is given to the method, and
 * only tissue is changed. Memory: one clip as it is shown, its grey values and the result.
 */
export async function enhancePictures(
  { identity, series, method, settings, phase, index, key, quality, what }: PicturesInput,
  { signal, progress }: Pick<StepContext, 'signal' | 'progress'>,
): Promise<EnhancedPictures> {
  const texts = settingTexts(settings);
  const objects: ResultObject[] = [];
  const pairs: { readonly original: InstanceReference; readonly made: InstanceReference }[] = [];
  const findings: Finding[] = [];
  const measures = new PictureMeasures();
  let checked: ControlledImage | undefined;
  let imageFacts: ImageFacts | null = null;
  let [enhanced, facts, uncalibrated]: [InstanceReference | null, readonly MethodFact[], number] = [
    null,
    [],
    0,
  ];
  const header = series.instances[0]!.dataset;
  const description = descriptionOf(method.task, header.text('SeriesDescription') ?? '');
  for (const [n, instance] of series.instances.entries()) {
    signal.throwIfAborted();
    progress(0.1 + (0.8 * n) / series.instances.length, method.title);
    const loaded = await loadPictures(instance);
    const { volume, ...more } = await applyMethod(method, loaded.image, settings, {
      signal,
      progress: () => {},
    });
    findings.push(...(more.findings ?? []));
    if (volume === null) continue;
    const name = { name: `quality-${index + 1}`, what };
    const controlled = await controlledImage(
      loaded.image,
      volume,
      method,
      settings,
      quality,
      { signal },
      name,
    );
    checked = worseOf(checked, controlled);
    imageFacts ??= loaded.image.facts;
    if (!loaded.isCalibrated) uncalibrated++;
    if (facts.length === 0) facts = more.facts ?? [];
    measures.add(loaded.image.volume.data, volume.data, loaded.image.mask);
    const number = objects.length + 1;
    const context = contextOf(
      identity,
      `enhanced ${key}`,
      { number: seriesNumberOf(index), description },
      loaded.header,
      [algorithmOfMethod(method, texts)],
    );
    const dataset = buildDerivedPictures({
      context: {
        ...context,
        sopInstanceUid: uidFrom(context.seriesInstanceUid, 'derived instance', String(number)),
        ...(phase === 'research' ? { contentQualification: 'RESEARCH' } : {}),
      },
      source: loaded.header,
      instanceNumber: number,
      samples: loaded.samples,
      pixels: withGreys(loaded, volume.data),
      derivations: TASKS[method.task].derivations,
      derivationDescription: `${TASKS[method.task].words} by ${method.id} ${method.version}${texts.length === 0 ? '' : ` (${texts.join(', ')})`}; only grey tissue of 2D regions changed`,
    });
    const fileName = `enhanced-${index + 1}/${String(number).padStart(4, '0')}.dcm`;
    const { object, reference } = finish('enhanced', fileName, dataset, loaded.header);
    enhanced ??= reference;
    pairs.push({ original: referenceTo(loaded.header), made: reference });
    objects.push({ ...object, phase });
  }
  if (uncalibrated > 0) {
    findings.push({
      code: 'ENHANCE_NO_REGIONS',
      severity: 'info',
      message: `${uncalibrated} of ${series.instances.length} ultrasound images name no regions: tissue was looked for in the pictures`,
    });
  }
  const instanceCount = objects.length;
  if (quality.contentAssessment && checked?.quality) {
    const assessed = {
      quality: checked.quality,
      header,
      originals: pairs.map(({ original }) => original),
      enhanced: pairs.map(({ made }) => made),
      algorithm: algorithmOfMethod(method, texts),
      key,
      index,
      isResearch: phase === 'research',
    };
    objects.push({ ...assessmentObject(identity, assessed), phase });
  }
  const isHeld = checked?.quality?.verdict === 'held';
  findings.push(...(checked?.findings ?? []));
  return {
    objects: [...objects.map((object) => (isHeld ? heldBack(object) : object)), ...(checked?.objects ?? [])],
    original: referenceTo(header),
    enhanced,
    result:
      enhanced === null
        ? null
        : {
            seriesInstanceUid: enhanced.seriesInstanceUid,
            seriesNumber: seriesNumberOf(index),
            description,
            instanceCount,
            keepsGeometry: true,
          },
    facts,
    measured: enhanced === null ? [] : measures.measured,
    findings,
    quality: checked?.quality ?? null,
    imageFacts,
  };
}

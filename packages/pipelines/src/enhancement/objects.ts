import {
  type Algorithm,
  buildMeasurementReport,
  type Code,
  type Dataset,
  dcm,
  type Evaluation,
  type InstanceReference,
  loinc,
  type Measurement,
  type MeasurementGroup,
  photopeak,
  sct,
  uidFrom,
  unitCode,
} from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import {
  contextOf,
  derivedFiles,
  type Finished,
  finish,
  type Identity,
  SERIES_NUMBER_BASE,
  type StoredImage,
  softwareObserver,
} from '../objects/index.ts';
import { MANUFACTURER } from '../study/index.ts';
import type { Measured } from './measure-change.ts';
import type { EnhancementMethod, EnhancementTask } from './method.ts';
import { CHECK_CODES, unitOfCheck } from './quality/index.ts';
import type { EnhancedSeries } from './summary.ts';

const REPORT_NUMBER = SERIES_NUMBER_BASE + 80;
/** Enhanced series come after the report, in the order of their sources. */
export const seriesNumberOf = (index: number): number => REPORT_NUMBER + 1 + index;

interface TaskWords {
  /** In Series Description: `AI-DENOISED: …`. */
  readonly prefix: string;
  readonly derivations: readonly Code[];
  readonly words: string;
}

export const TASKS: Readonly<Record<EnhancementTask, TaskWords>> = {
  denoise: {
    prefix: 'AI-DENOISED',
    derivations: [dcm.smoothing, photopeak.aiDenoising],
    words: 'Noise reduction',
  },
  'super-resolution': {
    prefix: 'AI-SUPERRES',
    derivations: [dcm.spatialResampling, photopeak.aiSuperResolution],
    words: 'Super-resolution',
  },
  metal: {
    prefix: 'AI-METAL',
    derivations: [photopeak.aiArtifactReduction],
    words: 'Metal artifact reduction',
  },
  speckle: {
    prefix: 'AI-DESPECKLED',
    derivations: [dcm.smoothing, photopeak.aiSpeckleReduction],
    words: 'Speckle reduction',
  },
  harmonise: {
    prefix: 'AI-HARMONISED',
    derivations: [photopeak.aiHarmonisation],
    words: 'Harmonisation',
  },
};

/** A method as DICOM names it: another Device UID for each version and each package. */
export function algorithmOfMethod(method: EnhancementMethod, settings: readonly string[]): Algorithm {
  const manufacturer = method.manufacturer ?? MANUFACTURER;
  return {
    name: method.id,
    version: method.version,
    manufacturer,
    parameters: settings,
    deviceUid: uidFrom(manufacturer, method.id, method.version, method.digest ?? 'built-in', 'device'),
    family: method.isNetwork === true ? dcm.artificialIntelligence : dcm.adaptiveFiltering,
  };
}

/** `name=value` of each setting. */
export const settingTexts = (settings: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(settings).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );

export interface DerivedInput extends StoredImage {
  readonly method: EnhancementMethod;
  readonly settings: readonly string[];
  readonly phase: EnhancedSeries['phase'];
  readonly index: number;
  readonly volume: Volume;
  readonly key: string;
  /** Instance Number of the first instance where a series has several volumes. Default 1. */
  readonly firstNumber?: number;
}

export const descriptionOf = (task: EnhancementTask, original: string): string =>
  `${TASKS[task].prefix}: ${original}`.slice(0, 64);

/** The enhanced series, instance by instance: one is encoded before the next is built. */
export function* derivedObjects(
  identity: Identity,
  input: DerivedInput,
): Generator<Finished, void, undefined> {
  const { method, settings, phase, index, source, volume } = input;
  const { header } = source.images;
  const task = TASKS[method.task];
  const original = header.text('SeriesDescription') ?? header.text('ProtocolName') ?? '';
  const context = contextOf(
    identity,
    `enhanced ${input.key}`,
    { number: seriesNumberOf(index), description: descriptionOf(method.task, original) },
    header,
    [algorithmOfMethod(method, settings)],
  );
  yield* derivedFiles('enhanced', `enhanced-${index + 1}`, input, {
    context: { ...context, ...(phase === 'research' ? { contentQualification: 'RESEARCH' } : {}) },
    volume,
    ...(input.firstNumber === undefined ? {} : { firstNumber: input.firstNumber }),
    derivations: task.derivations,
    derivationDescription: `${task.words} by ${method.id} ${method.version}${settings.length === 0 ? '' : ` (${settings.join(', ')})`}; unit and scale of the values unchanged`,
  });
}

const MEASURES: Readonly<Record<Measured['name'], { readonly name: Code; readonly derivation?: Code }>> = {
  noise: { name: photopeak.imageNoise, derivation: sct.standardDeviation },
  mean: { name: photopeak.imageValue, derivation: sct.mean },
  'difference-mean': { name: photopeak.imageDifference, derivation: sct.mean },
  'difference-sd': { name: photopeak.imageDifference, derivation: sct.standardDeviation },
  'difference-largest': { name: photopeak.imageDifference, derivation: sct.maximum },
  snr: { name: photopeak.signalToNoise },
  cnr: { name: photopeak.contrastToNoise },
  'edge-width-high': { name: photopeak.edgeWidthHigh },
  'edge-width-low': { name: photopeak.edgeWidthLow },
  'transfer-high': { name: photopeak.taskTransferHigh },
  'transfer-low': { name: photopeak.taskTransferLow },
  'noise-frequency': { name: photopeak.noisePowerMean },
};

/** Of a number of both images there is a group of each; differences stand with the result. */
function measurementsOf(measured: readonly Measured[], side: 'before' | 'after'): Measurement[] {
  return measured.flatMap((one) => {
    const value = one[side];
    const { name, derivation } = MEASURES[one.name];
    if (value === null) return [];
    return [{ name, value, unit: unitCode(one.unit), ...(derivation === undefined ? {} : { derivation }) }];
  });
}

/** A series of the report: the first instance of the original and of the result, and what was measured. */
export interface ReportedSeries {
  readonly entry: EnhancedSeries;
  readonly original: InstanceReference;
  readonly enhanced: InstanceReference;
  readonly algorithm: Algorithm;
}

function groupsOf(
  { run }: Identity,
  { entry, original, enhanced, algorithm }: ReportedSeries,
): MeasurementGroup[] {
  const title = `${entry.source.seriesNumber ?? ''} ${entry.source.description}`.trim();
  const tracking = (side: string) => uidFrom(run.key, 'tracking', entry.source.seriesInstanceUid, side);
  return [
    {
      kind: 'general',
      trackingId: `Original ${title}`,
      trackingUid: tracking('original'),
      finding: photopeak.imageQuality,
      measurements: measurementsOf(entry.measured, 'before'),
      references: [{ name: dcm.sourceImageForProcessing, instance: original }],
    },
    {
      kind: 'general',
      trackingId: `Enhanced ${title}`,
      trackingUid: tracking('enhanced'),
      finding: photopeak.imageQuality,
      algorithm,
      measurements: [...measurementsOf(entry.measured, 'after'), ...checkMeasurements(entry)],
      evaluations: [
        { name: photopeak.enhancement, value: `${TASKS[entry.task].words}: ${entry.method.title}` },
        { name: photopeak.enhancement, value: entry.source.reason },
        ...qualityEvaluations(entry),
        ...entry.facts.map(({ name, value, unit }) => ({
          name: photopeak.enhancement,
          value: `${name}: ${value}${unit === undefined ? '' : ` ${unit}`}`,
        })),
      ],
      references: [{ name: photopeak.enhancedImage, instance: enhanced }],
    },
  ];
}

/** CID 6135 in the order of severity: what passed meets the standard, what is held back is not usable before a person says so. */
const USABILITY = { passed: dcm.usable, flagged: dcm.usableBelowStandard, held: dcm.unusable } as const;

/** The verdict as a code, and each check in words. */
function qualityEvaluations({ quality }: EnhancedSeries): Evaluation[] {
  if (quality === null) return [];
  return [
    { name: dcm.qualityAssessment, value: USABILITY[quality.verdict] },
    ...quality.checks.map(({ text }) => ({ name: dcm.qualityFinding, value: text })),
  ];
}

/** Each check as a number as well. */
const checkMeasurements = (entry: EnhancedSeries): Measurement[] =>
  (entry.quality?.checks ?? []).map(({ name, value }) => ({
    name: CHECK_CODES[name],
    value,
    unit: unitOfCheck(name, entry),
  }));

/**
 * What was done and measured, TID 1500 with a group (TID 1501) for each original and each result. `apart`: why it is a
 * report beside another of the same run.
 */
export function enhancementReport(
  identity: Identity,
  header: Dataset,
  reported: readonly ReportedSeries[],
  apart: { readonly isHeld: boolean; readonly isResearch: boolean },
): Finished {
  const words = ['enhancement-sr', apart.isResearch ? 'research' : '', apart.isHeld ? 'held' : ''].filter(
    Boolean,
  );
  const isResearch = reported.some(({ entry }) => entry.phase === 'research');
  const context = contextOf(
    identity,
    words.join(' '),
    { number: REPORT_NUMBER, description: 'AI enhancement report' },
    header,
    reported.map(({ algorithm }) => algorithm),
  );
  const dataset = buildMeasurementReport({
    context: { ...context, ...(isResearch ? { contentQualification: 'RESEARCH' } : {}) },
    title: dcm.imagingMeasurementReport,
    observers: [softwareObserver(identity)],
    proceduresReported: [procedureOf(header)],
    groups: reported.flatMap((one) => groupsOf(identity, one)),
    preliminary: true,
  });
  return finish('enhancement-sr', `${words.join('-')}.dcm`, dataset, header);
}

/** The imaging procedure, as far as the modality tells it (CID 100). */
const PROCEDURES: Readonly<Record<string, Code>> = {
  CT: loinc.ctUnspecified,
  PT: loinc.petUnspecified,
  MR: loinc.mrUnspecified,
  NM: loinc.nmUnspecified,
  US: loinc.usUnspecified,
};
const procedureOf = (header: Dataset): Code =>
  PROCEDURES[header.text('Modality') ?? ''] ?? loinc.ctUnspecified;

import type { Deformation } from '@photopeak/analysis';
import {
  type Algorithm,
  buildDeformableRegistration,
  buildMeasurementReport,
  buildSecondaryCapture,
  buildSpatialRegistration,
  type Code,
  dcm,
  type Evaluation,
  type InstanceReference,
  loinc,
  type Measurement,
  type MeasurementGroup,
  photopeak,
  sct,
  type TimePointContext,
  ucum,
  uidFrom,
  umls,
} from '@photopeak/dicom';
import type { Picture } from '../captures/index.ts';
import {
  algorithmOf,
  contextOf,
  type Finished,
  finish,
  type Identity,
  SERIES_NUMBER_BASE,
  type Source,
  softwareObserver,
} from '../objects/index.ts';
import { type LabelledLesion, lesionGroup, suvMeasurement, totalsGroup } from '../petct-oncology/parts.ts';
import type { PriorRegistration } from './register-prior.ts';
import type { ComparedLesion, ComparisonSummary } from './summary.ts';

const TIME_POINT_TYPES = (order: number): Code => (order === 1 ? umls.baseline : dcm.posttreatment);

/** The outputs in the order of their series numbers; the SEG comes before them. */
const SERIES = {
  'comparison-sr': { number: SERIES_NUMBER_BASE + 12, description: 'AI comparison with before (draft)' },
  'prior-registration': {
    number: SERIES_NUMBER_BASE + 13,
    description: 'AI alignment of studies from before',
  },
  'prior-deformation': {
    number: SERIES_NUMBER_BASE + 16,
    description: 'AI deformation of studies from before',
  },
  'comparison-captures': {
    number: SERIES_NUMBER_BASE + 14,
    description: 'AI captures, before and now (draft)',
  },
} as const;

const objectContext = (
  identity: Identity,
  output: keyof typeof SERIES,
  source: Source['headers'][number],
  algorithms: readonly Algorithm[],
  number = 1,
) => contextOf(identity, output, SERIES[output], source, algorithms, number);

/** TID 1502 of a time point of the summary. */
export function timePointContext({
  order,
  label,
  studyInstanceUid,
  day,
}: ComparisonSummary['timePoints'][number]): TimePointContext {
  return {
    timePoint: label,
    type: TIME_POINT_TYPES(order),
    order,
    subjectIdentifier: studyInstanceUid,
    ...(day === null ? {} : { offset: { days: day, event: umls.baseline } }),
  };
}

/** Secondary capture with the pictures as its frames; all of one size. */
export function comparisonCaptures(
  identity: Identity,
  source: Source,
  pictures: readonly Picture[],
): Finished {
  const dataset = buildSecondaryCapture({
    context: objectContext(identity, 'comparison-captures', source.images.header, [
      algorithmOf(identity, identity.pipeline.name, []),
    ]),
    pictures: pictures.map(({ width, height, data }) => ({ columns: width, rows: height, rgb: data })),
    burnedInAnnotation: false,
    derivations: [dcm.multiplanarReformatting],
    derivationDescription: 'Fused planes through each lesion, before above now',
  });
  return finish('comparison-captures', 'comparison-captures.dcm', dataset, source.images.header);
}

const sideOf = ({ images }: Source) => ({
  frameOfReferenceUid: images.header.text('FrameOfReferenceUID') ?? '',
  images: images.slices.map(({ reference }) => reference),
});

/** Spatial Registration of the CTs of earlier examinations (moving) to that of the current one (fixed). */
export function priorRegistrationObject(
  identity: Identity,
  current: Source,
  priors: readonly { readonly source: Source; readonly registration: PriorRegistration }[],
): Finished {
  const dataset = buildSpatialRegistration({
    context: objectContext(identity, 'prior-registration', current.images.header, [
      algorithmOf(identity, 'CT to CT rigid registration', []),
    ]),
    fixed: sideOf(current),
    moving: priors.map(({ source, registration }) => ({
      ...sideOf(source),
      movingToFixed: registration.matrix,
      type: 'RIGID' as const,
      method: dcm.imageContentBasedAlignment,
    })),
    label: 'PRIOR_TO_CURRENT',
    description: priors.some(({ registration }) => registration.used === 'deformable')
      ? 'Rigid part of a deformable registration'
      : 'Rigid, mutual information',
  });
  return finish('prior-registration', 'prior-registration.dcm', dataset, current.images.header);
}

/** Deformable Spatial Registration by which the CT of an earlier examination is found in the current one. */
export function priorDeformationObject(
  identity: Identity,
  current: Source,
  prior: Source,
  { pull, field }: Required<Deformation>,
  order: number,
): Finished {
  const algorithms = [algorithmOf(identity, 'CT to CT deformable registration', [])];
  const dataset = buildDeformableRegistration({
    context: objectContext(identity, 'prior-deformation', current.images.header, algorithms, order),
    fixed: sideOf(current),
    moving: sideOf(prior),
    pull,
    field,
    method: dcm.imageContentBasedAlignment,
    description: 'Deformable, local descriptors',
  });
  const fileName = `prior-deformation-${order}.dcm`;
  return finish('prior-deformation', fileName, dataset, current.images.header);
}

export interface ReportInput {
  readonly identity: Identity;
  /** The PET of the current study. */
  readonly pet: Source;
  /** The PETs of earlier examinations, as evidence. */
  readonly priorPets: readonly Source[];
  readonly summary: ComparisonSummary;
  /** Findings of the current study under their Tracking UIDs, with the lesion of the summary each belongs to. */
  readonly current: readonly { readonly finding: LabelledLesion; readonly lesion: ComparedLesion }[];
  readonly segmentation: InstanceReference | null;
  readonly registration: InstanceReference | null;
  readonly parameters: readonly string[];
}

/** The AI's own report of the comparison: TID 1500, each group with its time point (TID 1502). */
export function comparisonReport(input: ReportInput): Finished {
  const { identity, pet, summary, segmentation, registration, parameters } = input;
  const algorithm = algorithmOf(identity, identity.pipeline.name, parameters);
  const contexts = summary.timePoints.map(timePointContext);
  const now = contexts.at(-1)!;
  const source = { seriesInstanceUid: summary.timePoints.at(-1)?.pet?.seriesInstanceUid ?? '' };
  const groups: MeasurementGroup[] = [];
  if (segmentation !== null) {
    for (const { finding, lesion } of input.current) {
      const group = lesionGroup(finding, segmentation, source, algorithm);
      groups.push({
        ...group,
        timePoint: now,
        measurements: [
          ...group.measurements,
          ...changes(lesion),
          ...(finding.trackingUid === lesion.trackingUid ? axes(lesion, contexts.length - 1) : []),
        ],
        evaluations: statements(lesion, finding.trackingUid),
      });
    }
  }
  for (const lesion of summary.lesions) groups.push(...lesionBefore(lesion, contexts, algorithm));
  summary.timePoints.forEach(({ totals, threshold }, index) => {
    if (threshold.value === null) return;
    const group = totalsGroup(identity, totals, algorithm);
    const trackingUid = uidFrom(identity.run.key, 'tracking', 'whole patient', String(index + 1));
    groups.push({ ...group, trackingUid, timePoint: contexts[index]! });
  });
  groups.push(...responseGroups(identity, summary, now, algorithm));
  groups.push(...registrationGroups(identity, summary, contexts, registration, algorithm));
  const dataset = buildMeasurementReport({
    context: objectContext(identity, 'comparison-sr', pet.images.header, [algorithm]),
    observers: [softwareObserver(identity)],
    proceduresReported: [loinc.petWholeBody],
    imageLibrary: pet.images.slices.map(({ reference }) => reference),
    evidence: input.priorPets.flatMap(({ images }) => images.slices.map(({ reference }) => reference)),
    groups,
    preliminary: true,
  });
  return finish('comparison-sr', 'comparison-sr.dcm', dataset, pet.images.header);
}

const CHANGES = [
  ['suvMax', photopeak.changeSuvMax],
  ['suvPeak', photopeak.changeSuvPeak],
  ['mtvMl', photopeak.changeMetabolicVolume],
  ['tlgG', photopeak.changeTotalLesionGlycolysis],
] as const;

/** Percent since the examination before at which the lesion was there. */
function changes({ fromPrevious }: ComparedLesion): Measurement[] {
  return CHANGES.flatMap(([name, concept]): Measurement[] => {
    const relative = fromPrevious[name]?.relative;
    return relative == null ? [] : [{ name: concept, value: 100 * relative, unit: ucum.percent }];
  });
}

/** Size on the CT of a time point. */
function axes({ timePoints }: ComparedLesion, index: number): Measurement[] {
  const ct = timePoints[index]?.ct;
  if (ct?.status !== 'measured') return [];
  return [
    { name: sct.longAxis, value: ct.longestMm, unit: ucum.mm },
    { name: sct.shortAxis, value: ct.shortAxisMm, unit: ucum.mm },
  ];
}

function statements(lesion: ComparedLesion, trackingUid: string): Evaluation[] {
  const { state, doubt, distanceMm } = lesion;
  const distance = distanceMm === null ? '' : `, ${distanceMm.toFixed(1)} mm from where it was`;
  return [
    { name: photopeak.lesionState, value: `${state}${distance}` },
    ...(trackingUid === lesion.trackingUid
      ? []
      : [{ name: photopeak.relatedLesion, value: `part of ${lesion.label} (${lesion.trackingUid})` }]),
    ...(doubt === null ? [] : [{ name: dcm.comment, value: `To check: ${doubt}` }]),
  ];
}

/** TID 1501 of a lesion at each earlier time point, and now of what is left of one that is gone. */
function lesionBefore(
  lesion: ComparedLesion,
  contexts: readonly TimePointContext[],
  algorithm: Algorithm,
): MeasurementGroup[] {
  const last = contexts.length - 1;
  return lesion.timePoints.flatMap(({ values, residual }, index): MeasurementGroup[] => {
    const isNow = index === last;
    const uptake = isNow ? residual : values;
    if (uptake === null) return [];
    return [
      {
        kind: 'general',
        trackingId: lesion.label,
        trackingUid: lesion.trackingUid,
        timePoint: contexts[index]!,
        finding: isNow ? photopeak.residualUptake : sct.lesion,
        ...(lesion.site === null
          ? {}
          : {
              sites: [
                {
                  site: lesion.site,
                  ...(lesion.laterality === null ? {} : { laterality: lesion.laterality }),
                },
              ],
            }),
        algorithm,
        measurements: [
          suvMeasurement(uptake.suvMax, sct.maximum),
          ...(uptake.suvPeak === null ? [] : [suvMeasurement(uptake.suvPeak, dcm.peakValueWithinRoi)]),
          suvMeasurement(uptake.suvMean, sct.mean),
          ...(values === null
            ? []
            : [
                {
                  name: dcm.metabolicVolume,
                  value: values.mtvMl,
                  unit: ucum.cm3,
                  method: dcm.sumOfSegmentedVoxelVolumes,
                },
                { name: dcm.totalLesionGlycolysis, value: values.tlgG, unit: ucum.gram },
              ]),
          ...axes(lesion, index),
        ],
        ...(isNow ? { evaluations: statements(lesion, lesion.trackingUid) } : {}),
      },
    ];
  });
}

const METHODS: Record<string, Code> = {
  'PERCIST 1.0': photopeak.percist,
  'Deauville five-point scale': photopeak.deauville,
  'Lugano 2014, PET-CT': photopeak.lugano,
  'RECIP 1.0': photopeak.recip,
  'RECIST 1.1': dcm.recist,
};

function responseGroups(
  identity: Identity,
  summary: ComparisonSummary,
  now: TimePointContext,
  algorithm: Algorithm,
): MeasurementGroup[] {
  return summary.response.map((one): MeasurementGroup => {
    const against = summary.timePoints[one.against - 1]?.label ?? '';
    return {
      kind: 'general',
      trackingId: `${one.criteria} against ${against}`,
      trackingUid: uidFrom(identity.run.key, 'tracking', one.criteria, String(one.against)),
      timePoint: now,
      finding: dcm.responseEvaluation,
      algorithm,
      measurements: [],
      evaluations: [
        { name: dcm.responseEvaluationMethod, value: METHODS[one.criteria] ?? one.criteria },
        {
          name: dcm.currentResponse,
          value:
            one.status === 'assessed'
              ? `${one.category}: ${one.meaning}`
              : `cannot be assessed: ${one.reasons.join('; ')}`,
        },
        ...one.statements.map(({ text, holds }) => ({
          name: photopeak.arithmetic,
          value: holds === undefined ? text : `${text}: ${holds ? 'yes' : 'no'}`,
        })),
        ...(one.status === 'assessed' ? one.cautions : []).map((value) => ({ name: dcm.comment, value })),
      ],
    };
  });
}

function registrationGroups(
  identity: Identity,
  summary: ComparisonSummary,
  contexts: readonly TimePointContext[],
  registration: InstanceReference | null,
  algorithm: Algorithm,
): MeasurementGroup[] {
  return summary.registrations.map(({ used, reason, uncertaintyMm }, index): MeasurementGroup => {
    const checks = summary.comparability[index]?.checks ?? [];
    return {
      kind: 'general',
      trackingId: `Alignment of ${contexts[index]!.timePoint}`,
      trackingUid: uidFrom(identity.run.key, 'tracking', 'registration', String(index + 1)),
      timePoint: contexts[index]!,
      finding: photopeak.registrationQuality,
      algorithm,
      measurements:
        uncertaintyMm === null
          ? []
          : [{ name: photopeak.registrationUncertainty, value: uncertaintyMm, unit: ucum.mm }],
      evaluations: [
        { name: dcm.registrationMethod, value: used === 'none' ? `not registered: ${reason}` : reason },
        ...checks
          .filter(({ status }) => status !== 'agrees')
          .map(({ message }) => ({ name: photopeak.comparability, value: message })),
      ],
      ...(registration === null || used === 'none'
        ? {}
        : { references: [{ name: dcm.spatialRegistrationReference, instance: registration }] }),
    };
  });
}

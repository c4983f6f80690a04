import {
  type Algorithm,
  buildMeasurementReport,
  buildRealWorldValueMapping,
  buildSegmentation,
  dcm,
  type InstanceReference,
  type Measurement,
  type MeasurementGroup,
  photopeak,
  type SegmentDescription,
  sct,
  ucum,
  uidFrom,
  type ValueMapping,
} from '@photopeak/dicom';
import { emptyVolume, type Volume } from '@photopeak/imaging';
import {
  algorithmOf,
  contextOf,
  type Finished,
  finish,
  type Identity,
  instancesOf,
  SERIES_NUMBER_BASE,
  type Source,
  softwareObserver,
} from '../objects/index.ts';
import type { SpectRegion } from './regions.ts';
import type { SpectctRegion, SpectctSummary } from './summary.ts';

/** The series of the results, apart from those of other pipelines on the same study. */
export const SERIES = {
  'regions-seg': { number: SERIES_NUMBER_BASE + 61, description: 'AI regions on SPECT (draft)' },
  'measurements-sr': { number: SERIES_NUMBER_BASE + 62, description: 'AI SPECT/CT measurements (draft)' },
  'value-mapping': { number: SERIES_NUMBER_BASE + 63, description: 'AI activity scale of SPECT' },
  registration: { number: SERIES_NUMBER_BASE + 64, description: 'AI SPECT to CT alignment' },
  'deformable-registration': {
    number: SERIES_NUMBER_BASE + 67,
    description: 'AI SPECT on CT deformation',
  },
  captures: { number: SERIES_NUMBER_BASE + 65, description: 'AI captures of foci (draft)' },
  'mip-capture': { number: SERIES_NUMBER_BASE + 66, description: 'AI MIP of SPECT (draft)' },
} as const;

/** All regions as segments on the voxels of the SPECT; they may overlap. */
export function regionsSegmentation(
  identity: Identity,
  spect: Source,
  volume: Volume,
  regions: readonly SpectRegion[],
  measured: readonly SpectctRegion[],
  settings: readonly string[],
): Finished {
  const algorithm = algorithmOf(identity, 'SPECT/CT regions', settings);
  const segments = regions.map((region, index): SegmentDescription => {
    const { kind, site, laterality, label, reason } = region;
    const isOrgan = kind === 'organ' && site !== null;
    return {
      label,
      description: reason,
      type:
        kind === 'focus'
          ? sct.lesion
          : kind === 'physiological'
            ? photopeak.physiologicalUptake
            : isOrgan
              ? site
              : sct.tissue,
      ...(kind === 'focus' ? { category: sct.morphologicallyAbnormalStructure } : {}),
      ...(kind === 'physiological' ? { category: sct.functional } : {}),
      ...(isOrgan && laterality !== null ? { typeModifiers: [laterality] } : {}),
      ...(!isOrgan && site !== null ? { anatomicRegion: site } : {}),
      ...(!isOrgan && site !== null && laterality !== null ? { anatomicRegionModifiers: [laterality] } : {}),
      algorithmType: kind === 'structure' ? 'SEMIAUTOMATIC' : 'AUTOMATIC',
      algorithm,
      trackingId: label,
      trackingUid: measured[index]!.trackingUid,
    };
  });
  const masks = regions.map(({ voxels }) => {
    const mask = emptyVolume(volume, 'uint8', '1');
    for (const index of voxels) mask.data[index] = 1;
    return mask;
  });
  const dataset = buildSegmentation({
    context: contextOf(identity, 'regions-seg', SERIES['regions-seg'], spect.images.header, [algorithm]),
    source: spect.images,
    segments,
    pixels: { kind: 'masks', masks },
    encoding: 'binary',
    label: 'REGIONS',
    description: 'Foci, organs and structures: drafts to be checked before they are used',
  });
  return finish('regions-seg', 'regions-seg.dcm', dataset, spect.images.header);
}

/** What the stored values of the SPECT mean: Bq/ml at the start of the acquisition, and SUV where it is computable. */
export function activityMapping(
  identity: Identity,
  spect: Source,
  summary: SpectctSummary,
  storedSlope: number,
): Finished {
  const { header } = spect.images;
  const perValue = summary.quantification!.bqPerMlPerValue! * storedSlope;
  const suv = summary.quantification!.suvPerBqPerMl;
  const mappings: ValueMapping[] = [
    {
      slope: perValue,
      unit: ucum.becquerelPerMl,
      quantity: photopeak.activityConcentration,
      label: 'BQML',
      explanation: 'Activity concentration at the start of the acquisition',
    },
    ...(suv === null
      ? []
      : [
          {
            slope: perValue * suv,
            unit: ucum.suvBw,
            quantity: dcm.suvBw,
            method: dcm.suvBwMethod,
            label: 'SUVbw',
          },
        ]),
  ];
  const dataset = buildRealWorldValueMapping({
    context: contextOf(identity, 'value-mapping', SERIES['value-mapping'], header, [
      algorithmOf(identity, identity.pipeline.name, []),
    ]),
    groups: [
      {
        images: instancesOf(spect),
        signed: header.number('PixelRepresentation') === 1,
        bitsStored: header.number('BitsStored') ?? 16,
        mappings,
      },
    ],
    label: 'SPECT_ACTIVITY',
    description: 'Activity of SPECT values',
  });
  return finish('value-mapping', 'value-mapping.dcm', dataset, header);
}

export interface ReportObjects {
  readonly regions: InstanceReference | null;
  readonly valueMapping: InstanceReference | null;
  /** The alignment, and a deformation beyond it. */
  readonly registrations: readonly InstanceReference[];
}

/** The unverified measurement report, TID 1500: a group for each region, and one for what the numbers rest on. */
export function measurementReport(
  identity: Identity,
  spect: Source,
  summary: SpectctSummary,
  objects: ReportObjects,
  settings: readonly string[],
): Finished {
  const algorithm = algorithmOf(identity, identity.pipeline.name, settings);
  const source = { seriesInstanceUid: summary.chosen.spect?.seriesInstanceUid ?? '' };
  const { regions: segmentation } = objects;
  const groups: MeasurementGroup[] = [
    ...(segmentation === null
      ? []
      : summary.regions.map((region) => regionGroup(region, segmentation, source, algorithm, objects))),
    quantificationGroup(identity, summary, objects, algorithm),
  ];
  const dataset = buildMeasurementReport({
    context: contextOf(identity, 'measurements-sr', SERIES['measurements-sr'], spect.images.header, [
      algorithm,
    ]),
    observers: [softwareObserver(identity)],
    proceduresReported: [photopeak.spectCt],
    imageLibrary: instancesOf(spect),
    groups,
    preliminary: true,
  });
  return finish('measurements-sr', 'measurements-sr.dcm', dataset, spect.images.header);
}

/** What a person decides on: foci, and structures that somebody has drawn. Organs are numbers of the study. */
const isDecidedOn = ({ kind }: SpectctRegion): boolean => kind === 'focus' || kind === 'structure';

/** TID 1411 with its segment, or TID 1501 for what nobody decides on; its segment has the same tracking UID. */
function regionGroup(
  region: SpectctRegion,
  segmentation: InstanceReference,
  source: { readonly seriesInstanceUid: string },
  algorithm: Algorithm,
  { valueMapping }: ReportObjects,
): MeasurementGroup {
  const isFocus = region.kind === 'focus';
  const group = {
    trackingId: region.label,
    trackingUid: region.trackingUid,
    findingCategory: isFocus ? sct.morphologicallyAbnormalStructure : sct.functional,
    finding: isFocus
      ? sct.lesion
      : region.kind === 'physiological'
        ? photopeak.physiologicalUptake
        : photopeak.referenceRegion,
    ...(region.site === null
      ? {}
      : {
          sites: [
            { site: region.site, ...(region.laterality === null ? {} : { laterality: region.laterality }) },
          ],
        }),
    algorithm,
    measurements: regionMeasurements(region),
    evaluations: [
      { name: dcm.comment, value: region.reason },
      ...(region.timeActivity?.fit?.notes ?? []).map((value) => ({ name: dcm.comment, value })),
    ],
    ...(valueMapping === null ? {} : { realWorldValueMap: valueMapping }),
  };
  if (!isDecidedOn(region)) return { kind: 'general', ...group };
  return {
    kind: 'volumetric',
    ...group,
    region: { kind: 'segment', segmentation, segment: region.segmentNumber },
    source,
  };
}

function regionMeasurements({
  volumeMl,
  activity,
  timeActivity,
  relativeMean,
  relativeMaximum,
}: SpectctRegion): Measurement[] {
  const fit = timeActivity?.fit;
  const some = (value: number | null | undefined, measurement: Omit<Measurement, 'value'>): Measurement[] =>
    value == null ? [] : [{ ...measurement, value }];
  const concentration = { name: photopeak.activityConcentration, unit: ucum.becquerelPerMl };
  return [
    { name: sct.volume, value: volumeMl, unit: ucum.cm3, method: dcm.sumOfSegmentedVoxelVolumes },
    ...some(activity?.meanBqPerMl, { ...concentration, derivation: sct.mean }),
    ...some(activity?.maximumBqPerMl, { ...concentration, derivation: sct.maximum }),
    ...some(activity?.sdBqPerMl, { ...concentration, derivation: sct.standardDeviation }),
    ...some(activity?.totalMBq, { name: photopeak.regionActivity, unit: ucum.megabecquerel }),
    ...some(activity?.recovery?.correctedMBq, {
      name: photopeak.regionActivityRecovered,
      unit: ucum.megabecquerel,
    }),
    ...some(activity?.percentOfAdministered, { name: photopeak.shareOfAdministered, unit: ucum.percent }),
    ...some(activity?.suvMean, { name: dcm.suvBw, unit: ucum.suvBw, derivation: sct.mean }),
    ...some(activity?.suvMax, { name: dcm.suvBw, unit: ucum.suvBw, derivation: sct.maximum }),
    ...some(relativeMean, { name: photopeak.relativeUptake, unit: ucum.ratio, derivation: sct.mean }),
    ...some(relativeMaximum, { name: photopeak.relativeUptake, unit: ucum.ratio, derivation: sct.maximum }),
    ...some(fit?.effectiveHalfLifeHours, { name: photopeak.effectiveHalfLife, unit: ucum.hour }),
    ...some(fit?.timeIntegratedMBqH, {
      name: photopeak.timeIntegratedActivity,
      unit: ucum.megabecquerelHour,
    }),
  ];
}

function quantificationGroup(
  identity: Identity,
  summary: SpectctSummary,
  { registrations }: ReportObjects,
  algorithm: Algorithm,
): MeasurementGroup {
  const { tracer, fieldOfView, quantification, alignment } = summary;
  const some = (value: number | null | undefined, measurement: Omit<Measurement, 'value'>): Measurement[] =>
    value == null ? [] : [{ ...measurement, value }];
  const text = (value: string | null | undefined) =>
    value == null || value === '' ? [] : [{ name: photopeak.quantification, value }];
  return {
    kind: 'general',
    trackingId: 'Quantification',
    trackingUid: uidFrom(identity.run.key, 'tracking', 'quantification'),
    finding: photopeak.quantification,
    algorithm,
    measurements: [
      ...some(tracer.hoursAfter, { name: photopeak.timeAfterAdministration, unit: ucum.hour }),
      ...some(fieldOfView?.totalMBq, { name: photopeak.regionActivity, unit: ucum.megabecquerel }),
      ...some(fieldOfView?.percentOfAdministered, {
        name: photopeak.shareOfAdministered,
        unit: ucum.percent,
      }),
    ],
    evaluations: [
      ...text(
        quantification?.status === 'relative'
          ? `Not quantified, values are relative: ${quantification.reason}`
          : null,
      ),
      ...(quantification?.derivation ?? []).flatMap(text),
      ...text(`Foci: ${summary.foci.method}`),
      ...(alignment === null ? [] : [{ name: dcm.registrationMethod, value: alignment.reason }]),
    ],
    references: registrations.map((instance) => ({ name: dcm.spatialRegistrationReference, instance })),
  };
}

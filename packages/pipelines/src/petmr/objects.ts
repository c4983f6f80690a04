import type { MrAnatomy } from '@photopeak/analysis';
import {
  type Algorithm,
  buildMeasurementReport,
  buildSegmentation,
  dcm,
  type InstanceReference,
  loinc,
  type Measurement,
  type MeasurementGroup,
  photopeak,
  sct,
  ucum,
  uidFrom,
  unitCode,
} from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { structureSegments } from '../anatomy/index.ts';
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
import { lesionGroup, totalsGroup } from '../petct-oncology/parts.ts';
import { MR_ROLE_NAMES } from './mr-role.ts';
import type { MrMeasurement, PetmrLesion, PetmrSummary } from './summary.ts';

/** The series of the results that petct-oncology does not make as well. */
export const SERIES = {
  'mr-anatomy-seg': { number: SERIES_NUMBER_BASE + 71, description: 'AI body and lungs on MR (draft)' },
  registration: { number: SERIES_NUMBER_BASE + 72, description: 'AI PET to MR alignment' },
  'deformable-registration': { number: SERIES_NUMBER_BASE + 76, description: 'AI PET on MR deformation' },
  'measurements-sr': { number: SERIES_NUMBER_BASE + 73, description: 'AI PET/MR measurements (draft)' },
  captures: { number: SERIES_NUMBER_BASE + 74, description: 'AI captures of findings on MR (draft)' },
  'mip-capture': { number: SERIES_NUMBER_BASE + 75, description: 'AI MIP with outlines (draft)' },
} as const;

/** Body and lungs as MR shows them; `labels` are on the grid of the MR. */
export function mrAnatomySegmentation(
  identity: Identity,
  mr: Source,
  labels: Volume,
  found: MrAnatomy,
  values: Readonly<Record<string, number>>,
): Finished {
  const algorithm = algorithmOf(identity, 'MR anatomy', [`fat=${found.hasFat ? 'Dixon' : 'not told'}`]);
  const structures = found.structures.filter(({ present }) => present);
  const dataset = buildSegmentation({
    context: contextOf(identity, 'mr-anatomy-seg', SERIES['mr-anatomy-seg'], mr.images.header, [algorithm]),
    source: mr.images,
    segments: structureSegments(structures, algorithm),
    pixels: { kind: 'labels', labels, values: structures.map(({ name }) => values[name]!) },
    encoding: 'binary',
    label: 'MR_ANATOMY',
    description: 'Body and lungs',
  });
  return finish('mr-anatomy-seg', 'mr-anatomy-seg.dcm', dataset, mr.images.header);
}

export interface ReportObjects {
  readonly lesions: InstanceReference | null;
  /** The alignment, and a deformation beyond it. */
  readonly registrations: readonly InstanceReference[];
}

/** The unverified measurement report, TID 1500: a group for each lesion with PET and MR, the alignment, the totals. */
export function measurementReport(
  identity: Identity,
  pet: Source,
  summary: PetmrSummary,
  objects: ReportObjects,
  settings: readonly string[],
): Finished {
  const algorithm = algorithmOf(identity, identity.pipeline.name, settings);
  const source = { seriesInstanceUid: summary.chosen.pet?.seriesInstanceUid ?? '' };
  const { lesions: segmentation } = objects;
  const groups: MeasurementGroup[] = [
    ...(segmentation === null
      ? []
      : summary.lesions.map((lesion) =>
          withMr(lesionGroup(lesion, segmentation, source, algorithm), lesion),
        )),
    ...(summary.alignment === null ? [] : [alignmentGroup(identity, summary, objects, algorithm)]),
    totalsGroup(identity, summary.totals, algorithm),
  ];
  const dataset = buildMeasurementReport({
    context: contextOf(identity, 'measurements-sr', SERIES['measurements-sr'], pet.images.header, [
      algorithm,
    ]),
    observers: [softwareObserver(identity)],
    proceduresReported: [loinc.petWholeBody],
    imageLibrary: pet.images.slices.map(({ reference }) => reference),
    groups,
    preliminary: true,
  });
  return finish('measurements-sr', 'measurements-sr.dcm', dataset, pet.images.header);
}

/** ADC has a concept of its own; signal is named by its sequence. */
function withMr(group: MeasurementGroup, lesion: PetmrLesion): MeasurementGroup {
  const adc = lesion.mr.filter(({ role, unit }) => role === 'adc' && unit !== ucum.none.value);
  return {
    ...group,
    measurements: [...group.measurements, ...adc.flatMap(adcMeasurements)],
    evaluations: [
      ...(group.evaluations ?? []),
      ...lesion.mr.map((one) => ({ name: photopeak.mrSignal, value: inWords(one) })),
    ],
  };
}

const adcMeasurements = ({ mean, p10, unit }: MrMeasurement): Measurement[] => [
  { name: dcm.apparentDiffusionCoefficient, value: mean, unit: unitCode(unit), derivation: sct.mean },
  { name: photopeak.adcP10, value: p10, unit: unitCode(unit) },
];

export function inWords({ sequence, role, unit, mean, sd, covered }: MrMeasurement): string {
  const part = covered < 0.99 ? `, ${Math.round(100 * covered)} % of the lesion` : '';
  return `${MR_ROLE_NAMES[role]} (${sequence}): mean ${mean.toPrecision(4)}, SD ${sd.toPrecision(3)}${unit === ucum.none.value ? ', signal without unit' : ` ${unit}`}${part}`;
}

function alignmentGroup(
  identity: Identity,
  summary: PetmrSummary,
  { registrations }: ReportObjects,
  algorithm: Algorithm,
): MeasurementGroup {
  const alignment = summary.alignment!;
  return {
    kind: 'general',
    trackingId: 'PET to MR alignment',
    trackingUid: uidFrom(identity.run.key, 'tracking', 'registration'),
    finding: photopeak.registrationQuality,
    algorithm,
    measurements: alignment.regions.map(({ misalignmentMm }) => ({
      name: photopeak.misalignment,
      value: misalignmentMm,
      unit: ucum.mm,
    })),
    evaluations: [
      { name: dcm.registrationMethod, value: alignment.reason },
      ...alignment.regions.map(({ name, misalignmentMm }) => ({
        name: photopeak.misalignment,
        value: `${name}: ${misalignmentMm.toFixed(1)} mm`,
      })),
    ],
    references: registrations.map((instance) => ({ name: dcm.spatialRegistrationReference, instance })),
  };
}

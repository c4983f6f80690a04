import {
  type Algorithm,
  buildMeasurementReport,
  dcm,
  type InstanceReference,
  loinc,
  type Measurement,
  type MeasurementGroup,
  photopeak,
  sct,
  ucum,
  uidFrom,
} from '@photopeak/dicom';
import { type Finished, finish, type Source, softwareObserver } from '../../objects/index.ts';
import type { PetctSummary } from '../summary.ts';
import { algorithmOf, type Identity, objectContext } from './context.ts';
import { lesionGroup, suvMeasurement, totalsGroup } from './groups.ts';

export interface ReportObjects {
  readonly lesions: InstanceReference | null;
  /** The alignment, and a deformation beyond it. */
  readonly registrations: readonly InstanceReference[];
}

/** The AI's own, unverified measurement report: TID 1500 with a group for each lesion, the alignment and the totals. */
export function measurementReport(
  identity: Identity,
  pet: Source,
  summary: PetctSummary,
  objects: ReportObjects,
  parameters: readonly string[],
): Finished {
  const algorithm = algorithmOf(identity, identity.pipeline.name, parameters);
  const source = { seriesInstanceUid: summary.chosen.pet?.seriesInstanceUid ?? '' };
  const groups: MeasurementGroup[] = [];
  const { lesions: segmentation } = objects;
  if (segmentation !== null) {
    for (const lesion of summary.lesions) groups.push(lesionGroup(lesion, segmentation, source, algorithm));
  }
  if (summary.registration !== null)
    groups.push(registrationGroup(identity, summary, objects.registrations, algorithm));
  if (summary.references !== null) groups.push(...referenceGroups(identity, summary, algorithm));
  if (summary.suvKind !== null) groups.push(totalsGroup(identity, summary.totals, algorithm, summary.tracer));
  if (summary.promise !== null) groups.push(promiseGroup(identity, summary.promise, algorithm));
  const dataset = buildMeasurementReport({
    context: objectContext(identity, 'measurements-sr', pet.images.header, [algorithm]),
    observers: [softwareObserver(identity)],
    proceduresReported: [loinc.petWholeBody],
    imageLibrary: pet.images.slices.map(({ reference }) => reference),
    groups,
    preliminary: true,
  });
  return finish('measurements-sr', 'measurements-sr.dcm', dataset, pet.images.header);
}

function registrationGroup(
  identity: Identity,
  summary: PetctSummary,
  registrations: readonly InstanceReference[],
  algorithm: Algorithm,
): MeasurementGroup {
  const result = summary.registration;
  const measurements: Measurement[] = [];
  if (result?.score != null) {
    measurements.push({ name: photopeak.registrationScore, value: result.score, unit: ucum.score });
  }
  if (result?.uncertaintyMm != null) {
    measurements.push({
      name: photopeak.registrationUncertainty,
      value: result.uncertaintyMm,
      unit: ucum.mm,
    });
  }
  for (const region of result?.regions ?? []) {
    if (region.misalignmentMm !== null) {
      measurements.push({ name: photopeak.misalignment, value: region.misalignmentMm, unit: ucum.mm });
    }
  }
  return {
    kind: 'general',
    trackingId: 'PET to CT alignment',
    trackingUid: uidFrom(identity.run.key, 'tracking', 'registration'),
    finding: photopeak.registrationQuality,
    algorithm,
    measurements,
    evaluations: [
      { name: photopeak.registrationQuality, value: result?.scoreReason ?? '' },
      { name: dcm.registrationMethod, value: result?.reason ?? '' },
      ...(result?.regions ?? []).map((region) => ({
        name: photopeak.misalignment,
        value: `${region.name}: ${region.misalignmentMm === null ? 'not measured' : `${region.misalignmentMm.toFixed(1)} mm`}`,
      })),
    ],
    references: registrations.map((instance) => ({ name: dcm.spatialRegistrationReference, instance })),
  };
}

function referenceGroups(
  identity: Identity,
  summary: PetctSummary,
  algorithm: Algorithm,
): MeasurementGroup[] {
  const regions = [
    ['Liver reference', sct.liver, summary.references?.liver],
    ['Blood pool reference', sct.aorta, summary.references?.bloodPool],
  ] as const;
  return regions.flatMap(([name, site, region]): MeasurementGroup[] =>
    region?.status !== 'ok'
      ? []
      : [
          {
            kind: 'general',
            trackingId: name,
            trackingUid: uidFrom(identity.run.key, 'tracking', name),
            finding: photopeak.referenceRegion,
            sites: [{ site }],
            algorithm,
            measurements: [
              suvMeasurement(region.mean, sct.mean),
              suvMeasurement(region.sd, sct.standardDeviation),
            ],
          },
        ],
  );
}

/** Expression scores and miTNM in words: a draft, whose arithmetic a person can follow. */
function promiseGroup(
  identity: Identity,
  { lesions, miTnm, notes }: NonNullable<PetctSummary['promise']>,
  algorithm: Algorithm,
): MeasurementGroup {
  const part = (name: string, value: string | null) => value ?? `${name} for a reader to say`;
  return {
    kind: 'general',
    trackingId: 'PROMISE (draft)',
    trackingUid: uidFrom(identity.run.key, 'tracking', 'PROMISE'),
    finding: photopeak.promise,
    algorithm,
    measurements: [],
    evaluations: [
      {
        name: photopeak.miTnm,
        value: [part('miT', miTnm.t), part('miN', miTnm.n), part('miM', miTnm.m)].join(', '),
      },
      ...lesions.map(({ id, score, reason }) => ({
        name: photopeak.miPsmaScore,
        value: `${id}: ${score ?? 'cannot be assessed'}, ${reason}`,
      })),
      ...[...miTnm.reasons, ...notes].map((value) => ({ name: dcm.comment, value })),
    ],
  };
}

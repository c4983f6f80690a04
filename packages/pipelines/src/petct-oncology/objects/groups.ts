import {
  type Algorithm,
  type Code,
  dcm,
  type Evaluation,
  type InstanceReference,
  type Measurement,
  type MeasurementGroup,
  photopeak,
  sct,
  ucum,
  uidFrom,
} from '@photopeak/dicom';
import { agentCode } from '../../study/index.ts';
import type { PetctLesion, PetctSummary } from '../summary.ts';
import type { Identity } from './context.ts';

export const suvMeasurement = (value: number, derivation: Code): Measurement => ({
  name: dcm.suvBw,
  value,
  unit: ucum.suvBw,
  derivation,
});

/** TID 1411 of a lesion, or of uptake that a reader takes for one: `segmentation` holds its segment. */
export function lesionGroup(
  lesion: PetctLesion,
  segmentation: InstanceReference,
  source: { readonly seriesInstanceUid: string },
  algorithm: Algorithm,
): MeasurementGroup {
  const measurements: Measurement[] = [
    suvMeasurement(lesion.suvMax, sct.maximum),
    ...(lesion.suvPeak === null ? [] : [suvMeasurement(lesion.suvPeak, dcm.peakValueWithinRoi)]),
    suvMeasurement(lesion.suvMean, sct.mean),
    suvMeasurement(lesion.suvSd, sct.standardDeviation),
    suvMeasurement(lesion.suvMin, sct.minimum),
    {
      name: dcm.metabolicVolume,
      value: lesion.mtvMl,
      unit: ucum.cm3,
      method: dcm.sumOfSegmentedVoxelVolumes,
    },
    { name: dcm.totalLesionGlycolysis, value: lesion.tlgG, unit: ucum.gram },
  ];
  return {
    kind: 'volumetric',
    trackingId: lesion.label,
    trackingUid: lesion.trackingUid,
    findingCategory: sct.morphologicallyAbnormalStructure,
    finding: sct.lesion,
    ...(lesion.site === null
      ? {}
      : {
          sites: [
            { site: lesion.site, ...(lesion.laterality === null ? {} : { laterality: lesion.laterality }) },
          ],
        }),
    algorithm,
    measurements,
    region: { kind: 'segment', segmentation, segment: lesion.segmentNumber },
    source,
  };
}

/** The tracer by which uptake was judged, coded where the agent has a code. */
export const tracerEvaluation = (tracer: NonNullable<PetctSummary['tracer']>): Evaluation => ({
  name: dcm.radiopharmaceutical,
  value: agentCode(tracer.agent ?? tracer.title, tracer.radionuclide),
});

/** TID 1501 of the sums over all lesions. */
export function totalsGroup(
  identity: Identity,
  totals: PetctSummary['totals'],
  algorithm: Algorithm,
  tracer: PetctSummary['tracer'] = null,
): MeasurementGroup {
  return {
    kind: 'general',
    trackingId: 'Whole patient',
    trackingUid: uidFrom(identity.run.key, 'tracking', 'whole patient'),
    finding: photopeak.wholePatient,
    algorithm,
    measurements: [
      { name: photopeak.numberOfLesions, value: totals.count, unit: ucum.none },
      { name: photopeak.totalMetabolicTumorVolume, value: totals.mtvMl, unit: ucum.cm3 },
      { name: photopeak.totalLesionGlycolysisAll, value: totals.tlgG, unit: ucum.gram },
      ...(totals.dmaxMm === null
        ? []
        : [{ name: photopeak.maximumLesionDistance, value: totals.dmaxMm, unit: ucum.mm }]),
    ],
    ...(tracer === null ? {} : { evaluations: [tracerEvaluation(tracer)] }),
  };
}

import {
  type Algorithm,
  buildMeasurementReport,
  type Code,
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
import {
  algorithmOf,
  type Finished,
  finish,
  type Identity,
  type Source,
  softwareObserver,
} from '../../objects/index.ts';
import type { CardiacStateSummary, CardiacSummary } from '../summary.ts';
import { heartContext } from './series.ts';

const STATES = {
  stress: { name: 'Stress', code: sct.cardiacStressState, score: photopeak.summedStressScore },
  rest: { name: 'Rest', code: sct.restingState, score: photopeak.summedRestScore },
} as const;

const percent = (name: Code, share: number): Measurement => ({
  name,
  value: 100 * share,
  unit: ucum.percent,
});
const score = (name: Code, value: number): Measurement => ({ name, value, unit: ucum.score });
const ml = (name: Code, value: number): Measurement => ({ name, value, unit: ucum.ml });
const degrees = (name: Code, value: number): Measurement => ({ name, value, unit: ucum.degree });

/**
 * The unverified measurement report (TID 1500): for each state a group of the whole ventricle and one for each of the
 * 17 segments (CID 3717), and a group of what stress and rest differ by.
 */
export function perfusionReport(
  identity: Identity,
  sources: readonly Source[],
  summary: CardiacSummary,
  evidence: readonly InstanceReference[],
  parameters: readonly string[],
): Finished {
  const algorithm = algorithmOf(identity, identity.pipeline.name, parameters);
  const header = sources[0]!.images.header;
  const isPet = header.text('Modality') === 'PT';
  const uid = (...parts: string[]) => uidFrom(identity.run.key, 'tracking', ...parts);
  const groups: MeasurementGroup[] = [
    ...summary.states.flatMap((state) => stateGroups(state, summary, algorithm, uid)),
    ...comparison(summary, algorithm, uid),
  ];
  const images = sources.flatMap(({ images: { slices } }) => slices.map(({ reference }) => reference));
  const distinct = [...new Map(images.map((image) => [image.sopInstanceUid, image])).values()];
  const dataset = buildMeasurementReport({
    context: heartContext(identity, 'measurements-sr', header, [algorithm]),
    title: dcm.imagingMeasurementReport,
    observers: [softwareObserver(identity)],
    proceduresReported: [isPet ? sct.petHeart : sct.myocardialPerfusionStudy],
    imageLibrary: distinct,
    evidence,
    groups,
    preliminary: true,
  });
  return finish('measurements-sr', 'measurements-sr.dcm', dataset, header);
}

type Uid = (...parts: string[]) => string;

function stateGroups(
  { state, perfusion, beat, ventricle, ctAlignment }: CardiacStateSummary,
  summary: CardiacSummary,
  algorithm: Algorithm,
  uid: Uid,
): MeasurementGroup[] {
  const known = state === null ? null : STATES[state];
  const name = known?.name ?? 'Examination';
  const evaluations = [
    ...(known === null ? [] : [{ name: dcm.patientState, value: known.code }]),
    { name: photopeak.normalLimits, value: summary.normals.name },
  ];
  const whole: MeasurementGroup = {
    kind: 'general',
    trackingId: `${name}: left ventricle`,
    trackingUid: uid(name, 'left ventricle'),
    finding: sct.myocardialPerfusion,
    sites: [{ site: sct.leftVentricle }],
    algorithm,
    measurements: [
      ...(perfusion === null
        ? []
        : [
            score(known?.score ?? photopeak.summedScore, perfusion.summedScore),
            percent(sct.extentOfPerfusionDefect, perfusion.extent),
            percent(photopeak.halfDepthExtent, perfusion.halfDepthExtent),
            percent(photopeak.totalPerfusionDeficit, perfusion.tpd),
            ...(perfusion.severitySd === null
              ? []
              : [{ name: photopeak.defectSeverity, value: perfusion.severitySd, unit: ucum.none }]),
          ]),
      ml(photopeak.cavityVolume, ventricle.cavityMl),
      ...(ctAlignment === null
        ? []
        : [{ name: photopeak.misalignment, value: ctAlignment.distanceMm, unit: ucum.mm }]),
      ...(beat === null
        ? []
        : [
            ml(loinc.endDiastolicVolume, beat.endDiastolicMl),
            ml(loinc.endSystolicVolume, beat.endSystolicMl),
            percent(sct.cardiacEjectionFraction, beat.ejectionFraction),
            ...phases(beat),
          ]),
    ],
    evaluations,
  };
  const segments = (perfusion?.segments ?? []).map(
    (segment): MeasurementGroup => ({
      kind: 'general',
      trackingId: `${name}: segment ${segment.segment}`,
      trackingUid: uid(name, 'segment', String(segment.segment)),
      finding: sct.myocardialPerfusion,
      sites: [{ site: segment.code }],
      algorithm,
      measurements: [
        percent(photopeak.segmentUptake, segment.uptake),
        score(photopeak.segmentScore, segment.score),
      ],
      evaluations,
    }),
  );
  return [whole, ...segments];
}

/** When the wall contracts, degrees of the beat. PS3.16 has no codes for it. */
function phases({ phase }: NonNullable<CardiacStateSummary['beat']>): Measurement[] {
  if (phase === undefined) return [];
  return [
    degrees(photopeak.phaseMean, phase.meanDegrees),
    degrees(photopeak.phaseSd, phase.sdDegrees),
    degrees(photopeak.phaseBandwidth, phase.bandwidthDegrees),
    percent(photopeak.phaseShare, phase.share),
  ];
}

function comparison(
  { difference, dilation }: CardiacSummary,
  algorithm: Algorithm,
  uid: Uid,
): MeasurementGroup[] {
  const measurements: Measurement[] = [
    ...(difference === null
      ? []
      : [score(photopeak.summedDifferenceScore, difference.summedDifferenceScore)]),
    ...(dilation === null
      ? []
      : [{ name: sct.transientIschemicDilatationRatio, value: dilation.ratio, unit: ucum.ratio }]),
  ];
  if (measurements.length === 0) return [];
  return [
    {
      kind: 'general',
      trackingId: 'Stress and rest',
      trackingUid: uid('stress and rest'),
      finding: sct.myocardialPerfusion,
      sites: [{ site: sct.leftVentricle }],
      algorithm,
      measurements,
    },
  ];
}

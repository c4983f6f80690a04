import { cavityMl, phaseAnalysis, SEGMENTS, type VentricularFunction } from '@photopeak/analysis';
import { MYOCARDIAL_SEGMENTS } from '@photopeak/dicom';
import type { Identity } from '../objects/index.ts';
import type { Finding } from '../pipeline.ts';
import { NOTICE } from '../study/index.ts';
import type { MappedState } from './map-states.ts';
import type { CardiacParameters } from './parameters.ts';
import type { Quantified, QuantifiedState } from './quantify.ts';
import type { CardiacSelection } from './select-tomograms.ts';
import { draftSentences } from './sentences.ts';
import { CARDIAC_SUMMARY_SCHEMA, type CardiacStateSummary, type CardiacSummary } from './summary.ts';
import type { TomogramFacts } from './tomogram-facts.ts';

export interface SummariseInput {
  readonly identity: Identity;
  readonly parameters: CardiacParameters;
  readonly selection: CardiacSelection;
  readonly states: readonly MappedState[];
  readonly quantified: Quantified;
  readonly findings: readonly Finding[];
}

const LARGEST_SCORE = 4 * SEGMENTS.length;

const seriesOf = (facts: TomogramFacts) => {
  const { studyInstanceUid, seriesInstanceUid, seriesNumber, modality, description } = facts;
  return { studyInstanceUid, seriesInstanceUid, seriesNumber, modality, description };
};

/** Everything that was measured, without the list of objects. */
export function summariseHeart(input: SummariseInput): CardiacSummary {
  const { identity, parameters, selection, quantified, findings } = input;
  const states = input.states.map((state, index) => stateSummary(state, quantified.states[index] ?? null));
  const difference = differenceOf(states);
  const { dilation, normals } = quantified;
  return {
    schema: CARDIAC_SUMMARY_SCHEMA,
    pipeline: identity.pipeline,
    run: identity.run,
    notice: NOTICE,
    study: selection.study,
    normals,
    states,
    difference,
    dilation,
    sentences: draftSentences({ states, difference, dilation }, parameters.dilationLimit),
    rejected: selection.rejected.map(({ series, reason }) => ({ ...seriesOf(series), reason })),
    objects: [],
    findings: [...findings],
  };
}

function stateSummary(
  { state, tomogram, reason, mapped, beat, ctAlignment }: MappedState,
  quantified: QuantifiedState | null,
): CardiacStateSummary {
  const { ventricle, contrast, fwhmMm, residualMm } = mapped;
  const { centre, axis, anterior, radiusMm, lengthMm, basalMm, basalTiltMm } = ventricle;
  return {
    state,
    series: {
      ...seriesOf(tomogram),
      reason,
      attenuationCorrected: tomogram.attenuationCorrected,
      tracer: tomogram.tracer,
    },
    ventricle: {
      centre: [...centre],
      axis: [...axis],
      anterior: [...anterior],
      radiusMm,
      lengthMm,
      basalMm,
      basalTiltMm: [...basalTiltMm],
      cavityMl: cavityMl(ventricle),
      contrast,
      fwhmMm,
      residualMm,
    },
    perfusion: quantified === null ? null : perfusionSummary(quantified),
    ctAlignment: ctAlignment === null ? null : { ...ctAlignment, shiftMm: [...ctAlignment.shiftMm] },
    beat:
      beat === null
        ? null
        : {
            gates: beat.volumesMl.length,
            volumesMl: [...beat.volumesMl],
            endDiastolicMl: beat.endDiastolicMl,
            endSystolicMl: beat.endSystolicMl,
            ejectionFraction: beat.ejectionFraction,
            ...beat.filling,
            ...phaseOf(beat),
          },
  };
}

function phaseOf({ maps }: VentricularFunction): Pick<NonNullable<CardiacStateSummary['beat']>, 'phase'> {
  const phase = phaseAnalysis(maps);
  return phase === undefined ? {} : { phase };
}

function perfusionSummary({
  perfusion,
  set,
}: QuantifiedState): NonNullable<CardiacStateSummary['perfusion']> {
  const { summedScore, extent, halfDepthExtent, severitySd, tpd, territories, segments } = perfusion;
  const { sex, state, attenuationCorrected, tracer, count } = set;
  return {
    normals: { sex, state, attenuationCorrected, tracer, count },
    summedScore,
    summedShare: summedScore / LARGEST_SCORE,
    extent,
    halfDepthExtent,
    severitySd,
    tpd,
    territories: [...territories],
    segments: segments.map(({ segment, ofNormal, score }, index) => {
      const { name, territory } = SEGMENTS[index]!;
      const code = MYOCARDIAL_SEGMENTS[index]!;
      return { segment, name, territory, code: { ...code }, uptake: ofNormal, score };
    }),
  };
}

/** Segments that are worse at stress, and the sum of what they are worse by. */
function differenceOf(states: readonly CardiacStateSummary[]): CardiacSummary['difference'] {
  const stress = states.find(({ state }) => state === 'stress')?.perfusion;
  const rest = states.find(({ state }) => state === 'rest')?.perfusion;
  if (stress == null || rest == null) return null;
  const segments = stress.segments.flatMap(({ segment, score }, index) => {
    const worse = score - rest.segments[index]!.score;
    return worse > 0 ? [{ segment, score: worse }] : [];
  });
  return { summedDifferenceScore: segments.reduce((sum, { score }) => sum + score, 0), segments };
}

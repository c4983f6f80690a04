import type { Finding, Pipeline, PipelineResult, StepRunner, StudyInput } from '../pipeline.ts';
import { drawHeart } from './draw.ts';
import { type MappedState, mapStates } from './map-states.ts';
import { packageHeart } from './package-heart.ts';
import { type CardiacParameters, cardiacParameters } from './parameters.ts';
import { quantify } from './quantify.ts';
import { selectTomograms, tomogramsRead } from './select-tomograms.ts';
import { summariseHeart } from './summarise.ts';
import type { CardiacSummary } from './summary.ts';

const name = 'cardiac-perfusion';
const version = '0.1.0';

/** Myocardial perfusion SPECT or PET: stress and rest from their series to polar maps, scores and volumes. */
export const cardiacPerfusion: Pipeline<CardiacParameters, CardiacSummary> = {
  name,
  version,
  title: 'Myocardial perfusion: short axis, polar maps, 17 segments, volumes',
  needs: ['a reconstructed tomogram (NM) or PET volume of the heart, at stress, at rest or both'],
  parameters: cardiacParameters,
  outputs: [
    { name: 'short-axis-stress', description: 'stress turned to the short axis', required: false },
    { name: 'short-axis-rest', description: 'rest turned to the short axis', required: false },
    { name: 'short-axis', description: 'an unnamed state turned to the short axis', required: false },
    { name: 'polar-maps', description: 'polar maps with 17 segments as capture', required: false },
    { name: 'slices', description: 'short and long axes as capture', required: false },
    { name: 'measurements-sr', description: 'SR TID 1500 with all measurements', required: false },
    { name: 'pictures', description: 'both captures as PNG', required: false },
    { name: 'summary', description: 'summary.json', required: true },
    { name: 'report', description: 'report.html', required: true },
  ],
  // Stress and rest may be two studies.
  priors: { least: 0, most: 1, modalities: ['NM'], withinDays: 7 },
  reads: tomogramsRead,
  run,
};

/** A heart that the CT shows elsewhere was corrected with the attenuation of lung, or lung with that of the heart. */
function alignmentFindings(
  states: readonly MappedState[],
  { misalignmentLimitMm }: CardiacParameters,
): Finding[] {
  return states.flatMap(({ state, ctAlignment }): Finding[] =>
    ctAlignment === null || ctAlignment.distanceMm <= misalignmentLimitMm
      ? []
      : [
          {
            code: 'CARDIAC_ATTENUATION_MISALIGNED',
            severity: 'warning',
            message: `${state ?? 'the examination'}: the heart of the CT lies ${ctAlignment.distanceMm.toFixed(0)} mm from that of the emission image; ${(100 * ctAlignment.wallInLung).toFixed(0)} % of the wall lies in the lung of the CT`,
            remedy:
              'look at the fused images; register CT and emission and reconstruct again, or read without correction',
          },
        ],
  );
}

async function run(
  study: StudyInput,
  parameters: CardiacParameters,
  runner: StepRunner,
): Promise<PipelineResult<CardiacSummary>> {
  const selection = await runner.step(selectTomograms, { study, parameters });
  const { states, findings: mapping } = await runner.step(mapStates, { study, selection });
  const quantified = await runner.step(quantify, { states, sex: selection.sex, parameters });
  const findings: Finding[] = [
    ...selection.findings,
    ...mapping,
    ...alignmentFindings(states, parameters),
    ...(states.length === 0 ? [] : quantified.findings),
  ];
  const summary = summariseHeart({
    identity: { pipeline: { name, version }, run: runner.run },
    parameters,
    selection,
    states,
    quantified,
    findings,
  });
  const drawn =
    states.length === 0
      ? null
      : await runner.step(drawHeart, { states, quantified, difference: summary.difference });
  const packaged = await runner.step(packageHeart, {
    pipeline: { name, version },
    parameters,
    states,
    summary,
    drawn,
    anyFile: study.instances[0]?.path ?? null,
  });
  return { ...packaged, findings };
}

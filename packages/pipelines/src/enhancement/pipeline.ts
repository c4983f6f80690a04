import { groupSeries, readFileHeader, type Series, X_RAY_DOSE_REPORT } from '@photopeak/dicom';
import { listedResult, textResult } from '../objects/index.ts';
import type { Finding, Pipeline, PipelineResult, StepRunner, StudyInput } from '../pipeline.ts';
import { NOTICE, readInstances } from '../study/index.ts';
import { builtInMethod } from './catalogue.ts';
import { chooseSeries, unfit } from './choose.ts';
import { type EnhancedOutput, enhanceSeries } from './enhance-series.ts';
import { enhancementReport, type ReportedSeries } from './objects.ts';
import { type EnhancementParameters, enhancementParameters } from './parameters.ts';
import { heldBack } from './quality/index.ts';
import { ENHANCEMENT_SUMMARY_SCHEMA, type EnhancedSeries, type EnhancementSummary } from './summary.ts';

const name = 'enhancement';
const version = '0.1.0';

/** Enhanced series beside the originals, each with what made it and what was measured. */
export const enhancement: Pipeline<EnhancementParameters, EnhancementSummary> = {
  name,
  version,
  title: 'Enhanced series: denoising, super-resolution, metal, speckle, harmonisation',
  needs: ['a series of CT, MR, PET, NM or ultrasound images that a method is for'],
  parameters: enhancementParameters,
  outputs: [
    {
      name: 'enhanced',
      description: 'the enhanced series, in the SOP class of their sources',
      required: false,
    },
    {
      name: 'quality',
      description: 'original, enhanced and difference at the place that stands out most, PNG',
      required: false,
    },
    {
      name: 'content-assessment',
      description: 'Content Assessment Results: what quality control said of a series, on request',
      required: false,
    },
    { name: 'enhancement-sr', description: 'SR TID 1500: what was done and measured', required: false },
    { name: 'summary', description: 'summary.json', required: true },
  ],
  site: {
    models: ({ rules, method }) => [
      ...new Set(
        [method, ...rules.flatMap(({ use }) => (use === 'none' ? [] : [use.method]))].filter(
          (one) => one !== 'auto' && builtInMethod(one) === undefined,
        ),
      ),
    ],
    settle: (parameters, { phase, models }) => ({
      ...parameters,
      phase,
      models: models.map((one) => ({ ...one, modalities: [...one.modalities] })),
    }),
    used: ({ series }) =>
      series.flatMap(({ method, source }) =>
        // A built-in network has a digest as well, but is no model of the site.
        method.digest === null || builtInMethod(method.id) !== undefined
          ? []
          : [{ digest: method.digest, seriesInstanceUid: source.seriesInstanceUid }],
      ),
  },
  reads,
  run,
};

/** Series that may be enhanced, and dose reports, which rules may ask for; what else comes beside them is no reason for another run. */
async function reads(study: StudyInput): Promise<readonly string[]> {
  const all = groupSeries(readInstances(study));
  const isDoseReport = ({ sopClassUid }: Series) => sopClassUid === X_RAY_DOSE_REPORT;
  const fit = all.filter((series) => unfit(series, { series: '' }) === undefined || isDoseReport(series));
  return [...new Set(fit.map(({ seriesInstanceUid }) => seriesInstanceUid))];
}

async function run(
  study: StudyInput,
  parameters: EnhancementParameters,
  runner: StepRunner,
): Promise<PipelineResult<EnhancementSummary>> {
  const pipeline = { name, version };
  const identity = { pipeline, run: runner.run };
  const chosen = await runner.step(chooseSeries, { study, parameters });
  const findings: Finding[] = [...chosen.findings];
  const done: EnhancedOutput[] = [];
  const left = [...chosen.left];
  for (const [index, decision] of chosen.decisions.entries()) {
    const outcome = await runner.step(enhanceSeries, {
      study,
      pipeline,
      decision,
      index,
      quality: parameters.quality,
    });
    if ('failure' in outcome) {
      findings.push(outcome.failure);
      left.push({ ...decision.source, reason: outcome.failure.message });
      continue;
    }
    findings.push(...outcome.findings);
    done.push(outcome);
  }
  const made = done.flatMap(({ entry, original, enhanced, algorithm }): ReportedSeries[] =>
    enhanced === null ? [] : [{ entry, original, enhanced, algorithm }],
  );
  const objects = done.flatMap((one) => one.objects);
  // What is held back, and what stays in the node as research, each has a report of its own, which stays with it: no
  // object that leaves refers to one that does not.
  for (const isHeld of [false, true])
    for (const isResearch of [false, true]) {
      const reported = made.filter(
        ({ entry }) =>
          (entry.quality?.verdict === 'held') === isHeld && (entry.phase === 'research') === isResearch,
      );
      if (reported[0] === undefined) continue;
      const header = headerOf(study, reported[0].original.sopInstanceUid);
      const apart = { isHeld, isResearch: isResearch && parameters.phase !== 'research' };
      const report = {
        ...enhancementReport(identity, header, reported, apart).object,
        ...(isResearch ? { phase: 'research' as const } : {}),
      };
      objects.push(isHeld ? heldBack(report) : report);
    }
  const summary: EnhancementSummary = {
    schema: ENHANCEMENT_SUMMARY_SCHEMA,
    pipeline,
    run: { key: runner.run.key, at: runner.run.at },
    notice: NOTICE,
    study: chosen.study,
    parameters,
    series: done.map(({ entry }) => entry),
    left,
    hanging: done.flatMap(({ entry }) => hangingOf(entry)),
    objects: objects.map(listedResult),
    findings,
  };
  const text = `${JSON.stringify(summary, null, 2)}\n`;
  return {
    objects: [...objects, textResult('summary', 'summary.json', 'json', text)],
    summary,
    findings,
    quality: done.flatMap(({ quality }) => quality ?? []),
  };
}

function headerOf(study: StudyInput, sopInstanceUid: string) {
  const instance = study.instances.find((one) => one.sopInstanceUid === sopInstanceUid)!;
  return readFileHeader(instance.path).dataset;
}

function hangingOf({ source, result, quality }: EnhancedSeries): EnhancementSummary['hanging'] {
  if (result === null || quality?.verdict === 'held') return [];
  return [
    {
      original: source.seriesInstanceUid,
      enhanced: result.seriesInstanceUid,
      layout: ['original', 'enhanced', ...(result.keepsGeometry ? (['difference'] as const) : [])],
      linked: true,
    },
  ];
}

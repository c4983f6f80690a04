import { groupSeries, type Instance, type Series } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { factsNeededBy, type Trace } from '../conditions/index.ts';
import type { Finding, Phase, PinnedModel, Step, StudyInput } from '../pipeline.ts';
import { isOwnResult, onePatient, readInstances } from '../study/index.ts';
import { builtInMethod, defaultMethod, noMethod, settingsOf, splitModelName } from './catalogue.ts';
import { enhances } from './model-method.ts';
import type { EnhancementParameters } from './parameters.ts';
import { isPictureSeries } from './pictures/index.ts';
import { type ConsideredRule, conditionOf, decideByRules, type EnhancementRule } from './rules.ts';
import { dosesOf, measurePixels, stackFacts } from './stack-facts.ts';
import type { EnhancedSeries, EnhancementSummary } from './summary.ts';

/** Which stack of which series. */
export interface StackKey {
  readonly seriesInstanceUid: string;
  readonly stack: string | null;
}

export interface Decision {
  readonly key: StackKey;
  readonly source: EnhancedSeries['source'];
  readonly task: EnhancedSeries['task'];
  /** `ID@VERSION`, and of a model of the site its digest. */
  readonly method: string;
  readonly digest: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly phase: Phase;
  readonly rules: EnhancedSeries['rules'];
}

/** A series, what is done with it, and every rule that was asked. */
export interface PlannedSeries {
  readonly source: EnhancedSeries['source'];
  /** Null: it stays as it is; `source.reason` says why. */
  readonly decision: Decision | null;
  readonly considered: readonly ConsideredRule[];
}

/**
 * What would be done with each series of a study, and why: from headers, dose reports, and where a rule asks for noise
 * from pixels. Changes nothing.
 */
export async function planEnhancement(
  instances: readonly Instance[],
  parameters: EnhancementParameters,
  signal: AbortSignal,
): Promise<PlannedSeries[]> {
  const needed = factsNeededBy(parameters.rules.map(conditionOf));
  const doses = dosesOf(instances);
  const facts = { studyInstanceUid: instances[0]?.studyInstanceUid ?? '', order: undefined, at: new Date(0) };
  const planned: PlannedSeries[] = [];
  for (const series of groupSeries(instances)) {
    const reason = unfit(series, parameters);
    if (reason !== undefined) {
      planned.push({ source: toldSeries(series, reason), decision: null, considered: [] });
      continue;
    }
    if (parameters.rules.length === 0) {
      planned.push({ ...decide(series, parameters, parameters, null, []), considered: [] });
      continue;
    }
    const measure = () => measured(series, signal);
    const { rule, considered } = await decideByRules(
      parameters.rules,
      facts,
      stackFacts(series, needed, doses),
      measure,
    );
    planned.push({ ...byRule(series, parameters, rule, considered), considered });
  }
  return planned;
}

/** A series whose pixels cannot be read is not measured; what is done with it says so itself. */
async function measured(series: Series, signal: AbortSignal) {
  try {
    return await measurePixels(series, signal);
  } catch (error) {
    if (error instanceof PhotopeakError) return {};
    throw error;
  }
}

function byRule(
  series: Series,
  parameters: EnhancementParameters,
  rule: EnhancementRule | null,
  considered: readonly ConsideredRule[],
): Omit<PlannedSeries, 'considered'> {
  if (rule === null) return { source: toldSeries(series, 'no rule holds for it'), decision: null };
  if (rule.use === 'none')
    return { source: toldSeries(series, `the rule ${rule.name} leaves it as it is`), decision: null };
  return decide(series, parameters, rule.use, rule.name, considered);
}

type Use = Exclude<EnhancementRule['use'], 'none'>;

function decide(
  series: Series,
  { models, phase }: EnhancementParameters,
  { task, method: name, settings }: Pick<Use, 'task' | 'method' | 'settings'>,
  rule: string | null,
  considered: readonly ConsideredRule[],
): Omit<PlannedSeries, 'considered'> {
  const stays = (reason: string) => ({ source: toldSeries(series, reason), decision: null });
  const { modality } = series;
  const why = rule === null ? '' : `by the rule ${rule}: `;
  const common = {
    key: { seriesInstanceUid: series.seriesInstanceUid, stack: series.stack ?? null },
    rules: considered.map(toldRule),
  };
  const builtIn = name === 'auto' ? defaultMethod(task, modality) : builtInMethod(name);
  if (builtIn !== undefined) {
    const { id, version, modalities } = builtIn;
    if (!modalities.includes(modality))
      return stays(`${why}${id} is for ${modalities.join(', ')}, not for ${modality}`);
    const reason =
      name === 'auto' ? `${id} is the built-in method for ${task} of ${modality}` : `${id} was asked for`;
    return {
      source: toldSeries(series, `${why}${reason}`),
      decision: {
        ...common,
        source: toldSeries(series, `${why}${reason}`),
        task: builtIn.task,
        method: `${id}@${version}`,
        digest: null,
        settings: settingsOf(builtIn, settings) as Record<string, unknown>,
        phase,
      },
    };
  }
  if (name === 'auto') return stays(`${why}${noMethod(task, modality).message}: ${task} of ${modality}`);
  const model = pinnedFor(series, name, models);
  if (typeof model === 'string') return stays(`${why}${model}`);
  const source = toldSeries(series, `${why}${model.id} ${model.version} serves it`);
  return {
    source,
    decision: {
      ...common,
      source,
      task: model.task as EnhancedSeries['task'],
      method: `${model.id}@${model.version}`,
      digest: model.digest,
      settings: {},
      phase: lowest(phase, model.phase),
    },
  };
}

const PHASES: readonly Phase[] = ['research', 'assist', 'production'];
/** A model in research stays research on whatever route it runs. */
const lowest = (a: Phase, b: Phase): Phase => (PHASES.indexOf(a) <= PHASES.indexOf(b) ? a : b);

/** The model as it is pinned for this series, most detailed first; or why there is none. */
function pinnedFor(series: Series, name: string, models: readonly PinnedModel[]): PinnedModel | string {
  const { id, version } = splitModelName(name);
  const protocol = series.instances[0]?.dataset.text('ProtocolName') ?? '';
  const fit = models.filter(
    (one) =>
      one.id === id &&
      (version === null || one.version === version) &&
      (one.modality === '' || one.modality === series.modality) &&
      (one.protocol === '' || one.protocol === protocol),
  );
  const detail = (one: PinnedModel) => (one.protocol === '' ? 0 : 2) + (one.modality === '' ? 0 : 1);
  const [model] = fit.toSorted((a, b) => detail(b) - detail(a));
  if (model === undefined) return `there is no method or model ${name} in use for it`;
  if (!enhances(model.task)) return `the model ${id} does not enhance: its task is ${model.task}`;
  if (!model.modalities.includes(series.modality))
    return `${id} is for ${model.modalities.join(', ')}, not for ${series.modality}`;
  return model;
}

export function unfit(series: Series, parameters: Pick<EnhancementParameters, 'series'>): string | undefined {
  const header = series.instances[0]?.dataset;
  if (header !== undefined && isOwnResult(header)) return 'a result of Photopeak';
  if (parameters.series !== '' && parameters.series !== series.seriesInstanceUid)
    return 'not the series that was asked for';
  if (series.kind !== 'volume' && !isPictureSeries(series)) return `no volume: ${series.reason}`;
  return undefined;
}

function toldSeries(series: Series, reason: string): EnhancedSeries['source'] {
  return {
    seriesInstanceUid: series.seriesInstanceUid,
    seriesNumber: series.seriesNumber ?? null,
    description: `${series.description ?? ''}${series.stack === undefined ? '' : ` (${series.stack})`}`,
    modality: series.modality,
    instanceCount: series.instances.length,
    frameOfReferenceUid: series.frameOfReferenceUid ?? null,
    reason,
  };
}

/** A rule for the summary: what was asked and whether it held. Values of attributes stay out: they may name a patient. */
const toldRule = ({ rule, holds, traces }: ConsideredRule): EnhancedSeries['rules'][number] => ({
  rule,
  holds,
  conditions: traces.map(
    (trace) => `${trace.holds ? 'holds' : 'fails'}: ${trace.text}${measuredValue(trace)}`,
  ),
});

/** Measures are numbers about images, which name nobody. */
const measuredValue = ({ text, found }: Trace): string =>
  /^(noise|snr|ctdiVolMgy|sliceThicknessMm) /.test(text) && found.length > 0
    ? `; found ${found.join(', ')}`
    : '';

export interface Chosen {
  readonly study: EnhancementSummary['study'];
  readonly decisions: readonly Decision[];
  readonly left: EnhancementSummary['left'];
  readonly findings: readonly Finding[];
}

/** `planEnhancement` as the first step of the pipeline. */
export const chooseSeries: Step<
  { readonly study: StudyInput; readonly parameters: EnhancementParameters },
  Chosen
> = {
  name: 'choose-series',
  version: '1',
  resource: 'cpu',
  run: async ({ study, parameters }, { signal }) => {
    const instances = readInstances(study);
    const patientHash = onePatient(instances, study.studyInstanceUid);
    const header = instances[0]?.dataset;
    const planned = await planEnhancement(instances, parameters, signal);
    const decisions = planned.flatMap(({ decision }) => (decision === null ? [] : [decision]));
    const left = planned.flatMap(({ decision, source }) => (decision === null ? [source] : []));
    return {
      study: {
        studyInstanceUid: study.studyInstanceUid,
        studyDate: header?.text('StudyDate') ?? null,
        description: header?.text('StudyDescription') ?? '',
        patientHash,
      },
      decisions,
      left,
      findings: decisions.length > 0 ? [] : [nothingToDo(left)],
    };
  },
};

function nothingToDo(left: EnhancementSummary['left']): Finding {
  const reasons = [...new Set(left.map(({ modality, reason }) => `${modality}: ${reason}`))];
  return {
    code: 'ENHANCE_NOTHING_TO_DO',
    severity: 'warning',
    message: `no series is enhanced (${reasons.slice(0, 5).join('; ') || 'the study has no image'})`,
    remedy: 'choose another task, method or rule, or a series that it is for',
  };
}

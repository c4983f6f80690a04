import { groupSeries, type Instance, planSeriesGrid, type Series } from '@photopeak/dicom';
import { PhotopeakError, sameGrid } from '@photopeak/imaging';
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
  /** All stacks that are worked on together, this one among them; left out: this one alone. */
  readonly together?: readonly (string | null)[];
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
  const all = groupSeries(instances);
  const done = new Set<Series>();
  for (const series of all) {
    if (done.has(series)) continue;
    const reason = unfit(series, parameters);
    if (reason !== undefined) {
      planned.push({ source: toldSeries(series, reason), decision: null, considered: [] });
      continue;
    }
    if (parameters.rules.length === 0) {
      planned.push(together({ ...decide(series, parameters, parameters, null, [], all), considered: [] }));
      continue;
    }
    const measure = () => measured(series, signal);
    const { rule, considered } = await decideByRules(
      parameters.rules,
      facts,
      stackFacts(series, needed, doses),
      measure,
    );
    planned.push(together({ ...byRule(series, parameters, rule, considered, all), considered }));
  }
  return planned;

  /** Stacks that are worked on together are told once. */
  function together(one: PlannedSeries): PlannedSeries {
    const { seriesInstanceUid, together: stacks = [] } = one.decision?.key ?? { seriesInstanceUid: '' };
    for (const series of all)
      if (series.seriesInstanceUid === seriesInstanceUid && stacks.includes(series.stack ?? null))
        done.add(series);
    return one;
  }
}

/** Stacks of one series that lie on one grid: its echoes, directions or time points, in the order of the series. */
function volumesLike(series: Series, all: readonly Series[]): readonly Series[] {
  const siblings = all.filter(
    (one) => one.seriesInstanceUid === series.seriesInstanceUid && one.kind === 'volume',
  );
  if (siblings.length < 2) return siblings;
  const gridOf = (one: Series) => planSeriesGrid(one, { gaps: 'refuse', tilt: 'keep' }).grid;
  const grid = gridOf(series);
  if (grid === undefined) return [series];
  const typeOf = (one: Series) => one.instances[0]?.dataset.texts('ImageType').slice(1, 3).join(' ');
  return siblings.filter((one) => {
    const own = gridOf(one);
    return own !== undefined && sameGrid(own, grid) && typeOf(one) === typeOf(series);
  });
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
  all: readonly Series[],
): Omit<PlannedSeries, 'considered'> {
  if (rule === null) return { source: toldSeries(series, 'no rule holds for it'), decision: null };
  if (rule.use === 'none')
    return { source: toldSeries(series, `the rule ${rule.name} leaves it as it is`), decision: null };
  return decide(series, parameters, rule.use, rule.name, considered, all);
}

type Use = Exclude<EnhancementRule['use'], 'none'>;

function decide(
  series: Series,
  { models, phase }: EnhancementParameters,
  { task, method: name, settings }: Pick<Use, 'task' | 'method' | 'settings'>,
  rule: string | null,
  considered: readonly ConsideredRule[],
  all: readonly Series[],
): Omit<PlannedSeries, 'considered'> {
  const stays = (reason: string) => ({ source: toldSeries(series, reason), decision: null });
  const { modality } = series;
  const why = rule === null ? '' : `by the rule ${rule}: `;
  const common = {
    key: { seriesInstanceUid: series.seriesInstanceUid, stack: series.stack ?? null },
    rules: considered.map(toldRule),
  };
  const volumes = volumesLike(series, all);
  const builtIn = name === 'auto' ? defaultMethod(task, modality, volumes.length) : builtInMethod(name);
  if (builtIn !== undefined) {
    const { id, version, modalities } = builtIn;
    if (!modalities.includes(modality))
      return stays(`${why}${id} is for ${modalities.join(', ')}, not for ${modality}`);
    const { series: ofSeries } = builtIn;
    if (ofSeries !== undefined && volumes.length < ofSeries.fewest)
      return stays(
        `${why}${id} needs ${ofSeries.fewest} volumes of one series on one grid, and there ${volumes.length === 1 ? 'is' : 'are'} ${volumes.length}`,
      );
    const what = ofSeries === undefined ? modality : `${volumes.length} volumes of ${modality} on one grid`;
    const reason =
      name === 'auto' ? `${id} is the built-in method for ${task} of ${what}` : `${id} was asked for`;
    const source = toldVolumes(ofSeries === undefined ? [series] : volumes, `${why}${reason}`);
    return {
      source,
      decision: {
        ...common,
        ...(ofSeries === undefined
          ? {}
          : { key: { ...common.key, together: volumes.map(({ stack }) => stack ?? null) } }),
        source,
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

/** One stack by its name, several by their number. */
function toldVolumes(volumes: readonly Series[], reason: string): EnhancedSeries['source'] {
  const first = volumes[0]!;
  const told = toldSeries(first, reason);
  if (volumes.length === 1) return told;
  const instances = new Set(
    volumes.flatMap((one) => one.instances.map(({ sopInstanceUid }) => sopInstanceUid)),
  );
  return {
    ...told,
    description: `${first.description ?? ''} (${volumes.length} volumes)`.trim(),
    instanceCount: instances.size,
  };
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
  version: '2',
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

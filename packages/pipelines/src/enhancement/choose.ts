import { groupSeries, type Series } from '@photopeak/dicom';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { isOwnResult, onePatient, readInstances } from '../study/index.ts';
import { builtInMethod, defaultMethod, noMethod, settingsOf } from './catalogue.ts';
import type { EnhancementMethod } from './method.ts';
import type { EnhancementParameters } from './parameters.ts';
import type { EnhancedSeries, EnhancementSummary } from './summary.ts';

/** Which stack of which series. */
export interface StackKey {
  readonly seriesInstanceUid: string;
  readonly stack: string | null;
}

export interface Decision {
  readonly key: StackKey;
  readonly source: EnhancedSeries['source'];
  /** `ID@VERSION`. */
  readonly method: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Chosen {
  readonly study: EnhancementSummary['study'];
  readonly decisions: readonly Decision[];
  readonly left: EnhancementSummary['left'];
  readonly findings: readonly Finding[];
}

export interface ChooseInput {
  readonly study: StudyInput;
  readonly parameters: EnhancementParameters;
}

/** Decides from headers which series are enhanced, by what, and why the others are not. */
export const chooseSeries: Step<ChooseInput, Chosen> = {
  name: 'choose-series',
  version: '1',
  resource: 'cpu',
  run: async ({ study, parameters }) => {
    const instances = readInstances(study);
    const patientHash = onePatient(instances, study.studyInstanceUid);
    const header = instances[0]?.dataset;
    const decisions: Decision[] = [];
    const left: EnhancementSummary['left'] = [];
    for (const series of groupSeries(instances)) {
      const reason = unfit(series, parameters);
      if (reason !== undefined) {
        left.push(toldSeries(series, reason));
        continue;
      }
      const method = methodFor(parameters, series.modality);
      if (typeof method === 'string') left.push(toldSeries(series, method));
      else decisions.push(decisionOf(series, method, parameters));
    }
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

export function unfit(series: Series, parameters: EnhancementParameters): string | undefined {
  const header = series.instances[0]?.dataset;
  if (header !== undefined && isOwnResult(header)) return 'a result of Photopeak';
  if (parameters.series !== '' && parameters.series !== series.seriesInstanceUid)
    return 'not the series that was asked for';
  if (series.kind !== 'volume') return `no volume: ${series.reason}`;
  return undefined;
}

/** The method, or why there is none. */
function methodFor({ task, method }: EnhancementParameters, modality: string): EnhancementMethod | string {
  const found = method === 'auto' ? defaultMethod(task, modality) : builtInMethod(method);
  if (found === undefined) return noMethod(task, modality).describe();
  if (found.modalities.includes(modality)) return found;
  return `${found.id} is for ${found.modalities.join(', ')}, not for ${modality}`;
}

function decisionOf(series: Series, method: EnhancementMethod, parameters: EnhancementParameters): Decision {
  const reason =
    parameters.method === 'auto'
      ? `${method.title} is the built-in method to ${method.task} ${series.modality}`
      : `${method.id} was asked for`;
  return {
    key: { seriesInstanceUid: series.seriesInstanceUid, stack: series.stack ?? null },
    source: toldSeries(series, reason),
    method: `${method.id}@${method.version}`,
    settings: settingsOf(method, parameters.settings) as Record<string, unknown>,
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

function nothingToDo(left: EnhancementSummary['left']): Finding {
  const reasons = [...new Set(left.map(({ modality, reason }) => `${modality}: ${reason}`))];
  return {
    code: 'ENHANCE_NOTHING_TO_DO',
    severity: 'warning',
    message: `no series is enhanced (${reasons.slice(0, 5).join('; ') || 'the study has no image'})`,
    remedy: 'choose another task or method, or a series that it is for',
  };
}

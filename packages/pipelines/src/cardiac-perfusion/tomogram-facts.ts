import type { Series } from '@photopeak/dicom';
import { isAttenuationCorrected, isOwnResult, wordsOf } from '../study/index.ts';

export type CardiacState = 'stress' | 'rest';
export type View = 'transaxial' | 'short axis' | 'horizontal long axis' | 'vertical long axis';

/** What the choice of stress and rest rests on: facts of one series (all of its gates), from its headers. */
export interface TomogramFacts {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number | null;
  readonly modality: string;
  readonly description: string;
  readonly acquiredAt: string | null;
  /** Stacks of the series in the order of the beat; one where it is not gated. */
  readonly stacks: readonly string[];
  readonly isGated: boolean;
  readonly state: CardiacState | null;
  readonly attenuationCorrected: boolean;
  readonly view: View;
  readonly tracer: string;
  /** Why it cannot be mapped, or null. */
  readonly refusal: string | null;
}

const STRESS =
  /stress|(^|[^a-z])str([^a-z]|$)|exercis|adenosin|regadenoson|dipyridamol|dobutamin|ergo|belastung|effort/i;
const REST = /rest|(^|[^a-z])rst([^a-z]|$)|redist|reinj|delayed|ruhe|repos/i;
const VIEWS: readonly (readonly [RegExp, View])[] = [
  [/short|(^|[^a-z])sax?([^a-z]|$)/i, 'short axis'],
  [/h(or)?\w*[ _.-]*long|(^|[^a-z])hla([^a-z]|$)/i, 'horizontal long axis'],
  [/v(ert)?\w*[ _.-]*long|(^|[^a-z])vla([^a-z]|$)/i, 'vertical long axis'],
];

function stateOf(words: string): CardiacState | null {
  const isStress = STRESS.test(words);
  return isStress === REST.test(words) ? null : isStress ? 'stress' : 'rest';
}

function tracerOf(series: Series): string {
  const item = series.instances[0]?.dataset.item('RadiopharmaceuticalInformationSequence');
  return (item?.text('Radiopharmaceutical') ?? '').toLowerCase();
}

function refusalOf(series: Series): string | null {
  const header = series.instances[0]?.dataset;
  if (header !== undefined && isOwnResult(header)) return 'a result of Photopeak';
  if (series.modality !== 'NM' && series.modality !== 'PT') return `modality ${series.modality}`;
  if (series.kind !== 'volume') return `not a volume: ${series.reason}`;
  if (header?.texts('ImageType').includes('TRANSMISSION') === true) return 'a transmission scan';
  return null;
}

/** Number at the end of the label of a stack, for the order of the gates. */
const gateNumber = (stack: string): number => Number(/(\d+)(?!.*\d)/.exec(stack)?.[1] ?? 0);

/** Series of a study with the stacks of each together. */
export function tomogramFacts(series: readonly Series[]): TomogramFacts[] {
  const byUid = new Map<string, Series[]>();
  for (const one of series)
    byUid.set(one.seriesInstanceUid, [...(byUid.get(one.seriesInstanceUid) ?? []), one]);
  return [...byUid.values()].map((members): TomogramFacts => {
    const first = members[0]!;
    const header = first.instances[0]?.dataset;
    const words = wordsOf(first);
    const isGated =
      members.length > 1 &&
      (header?.texts('ImageType').some((value) => value.includes('GATED')) === true ||
        header?.texts('SeriesType').includes('GATED') === true);
    const date = header?.text('AcquisitionDate') ?? header?.text('SeriesDate') ?? '';
    const time = header?.text('AcquisitionTime') ?? header?.text('SeriesTime') ?? '';
    return {
      studyInstanceUid: first.studyInstanceUid,
      seriesInstanceUid: first.seriesInstanceUid,
      seriesNumber: first.seriesNumber ?? null,
      modality: first.modality,
      description: first.description ?? header?.text('ImageID') ?? '',
      acquiredAt: date === '' ? null : `${date} ${time}`,
      stacks: members.map(({ stack }) => stack ?? '').sort((a, b) => gateNumber(a) - gateNumber(b)),
      isGated,
      state: stateOf(words),
      attenuationCorrected: isAttenuationCorrected(first),
      view: VIEWS.find(([pattern]) => pattern.test(words))?.[1] ?? 'transaxial',
      tracer: tracerOf(first),
      refusal:
        refusalOf(first) ??
        (members.length > 1 && !isGated ? `${members.length} stacks that are not gates of a beat` : null),
    };
  });
}

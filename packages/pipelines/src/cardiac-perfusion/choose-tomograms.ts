import type { CardiacState, TomogramFacts, View } from './tomogram-facts.ts';

export interface ChosenState {
  /** Null: one examination that does not say whether it is stress or rest. */
  readonly state: CardiacState | null;
  /** What is mapped; where it is gated, the sum of its gates. */
  readonly perfusion: TomogramFacts;
  /** What volumes and ejection fraction come from. */
  readonly gated: TomogramFacts | null;
  readonly reason: string;
}

export interface ChosenTomograms {
  readonly states: readonly ChosenState[];
  readonly rejected: readonly { readonly series: TomogramFacts; readonly reason: string }[];
}

/** Transaxial is what others are made from; short axis has lost least on the way. */
const VIEW_ORDER: readonly View[] = [
  'transaxial',
  'short axis',
  'vertical long axis',
  'horizontal long axis',
];

/**
 * Stress and rest from all series of an examination. Among series of one state: the wanted attenuation correction,
 * then transaxial before oblique, then not gated before gated, then the latest.
 */
export function chooseTomograms(
  series: readonly TomogramFacts[],
  wanted: 'corrected' | 'uncorrected',
): ChosenTomograms {
  const usable = series.filter(({ refusal }) => refusal === null);
  const states = new Set(usable.map(({ state }) => state));
  // Where one state is named, what is not named cannot be told; where none is, there must be one examination.
  const named = (['stress', 'rest'] as const).filter((state) => states.has(state));
  const wantedStates: readonly (CardiacState | null)[] =
    named.length > 0 ? named : states.has(null) ? [null] : [];
  const chosen = wantedStates.map((state) => chooseOne(state, usable, wanted));
  const used = new Set(chosen.flatMap(({ perfusion, gated }) => [perfusion, gated]));
  return {
    states: chosen,
    rejected: series
      .filter((one) => !used.has(one))
      .map((one) => ({ series: one, reason: one.refusal ?? reasonAgainst(one, chosen) })),
  };
}

function chooseOne(
  state: CardiacState | null,
  usable: readonly TomogramFacts[],
  wanted: 'corrected' | 'uncorrected',
): ChosenState {
  const own = usable.filter((one) => one.state === state);
  const points = (one: TomogramFacts): number =>
    (one.attenuationCorrected === (wanted === 'corrected') ? 100 : 0) +
    10 * (VIEW_ORDER.length - VIEW_ORDER.indexOf(one.view)) +
    (one.isGated ? 0 : 1);
  const sorted = [...own].sort(
    (a, b) =>
      points(b) - points(a) ||
      (b.acquiredAt ?? '').localeCompare(a.acquiredAt ?? '', 'en') ||
      (a.seriesInstanceUid < b.seriesInstanceUid ? -1 : 1),
  );
  const perfusion = sorted[0]!;
  const gated =
    sorted.find((one) => one.isGated && one.attenuationCorrected === perfusion.attenuationCorrected) ??
    sorted.find((one) => one.isGated) ??
    null;
  const correction = perfusion.attenuationCorrected
    ? 'with attenuation correction'
    : 'without attenuation correction';
  return {
    state,
    perfusion,
    gated,
    reason: `${state ?? 'state not named'}, ${correction}, ${perfusion.view}${perfusion.isGated ? ', sum of the gates' : ''}`,
  };
}

function reasonAgainst(one: TomogramFacts, chosen: readonly ChosenState[]): string {
  const same = chosen.find(({ state }) => state === one.state);
  return same === undefined
    ? 'does not say whether it is stress or rest'
    : `${same.perfusion.description} was preferred (${same.reason})`;
}

import type { QualityList } from '../api/contract.ts';

interface Summed {
  readonly model: string;
  readonly modality: string;
  readonly verdict: 'passed' | 'flagged' | 'held';
  readonly figures: Readonly<Record<string, number>>;
  readonly at: Date;
  readonly scores: readonly {
    readonly artefacts: number;
    readonly sharpness: number;
    readonly noise_texture: number;
    readonly confidence: number;
  }[];
}

/** The newest of each model are held against those before. */
const RECENT = 30;
const FEWEST_BEFORE = 30;
/** Of the mean of the recent ones, in its standard errors: beyond it a figure has drifted. */
const DRIFT_ERRORS = 4;
/** Of the mean before: less is nothing, however steady a figure was. */
const LEAST_SHIFT = 0.001;

/** What the list says of each model and modality: verdicts, mean marks, months, and figures that have drifted. */
export function summarise(entries: readonly Summed[]): QualityList['models'] {
  const groups = Map.groupBy(entries, ({ model, modality }) => `${model}\n${modality}`);
  return [...groups.values()]
    .map((group) => {
      const { model, modality } = group[0]!;
      const newest = [...group].sort((a, b) => b.at.getTime() - a.at.getTime());
      const scores = group.flatMap((entry) => entry.scores);
      const mean = (of: (score: Summed['scores'][number]) => number) =>
        scores.length === 0 ? null : scores.reduce((sum, score) => sum + of(score), 0) / scores.length;
      const months = Map.groupBy(group, ({ at }) => at.toISOString().slice(0, 7));
      return {
        model,
        modality,
        counts: countsOf(group),
        scored: scores.length,
        marks: {
          artefacts: mean((score) => score.artefacts),
          sharpness: mean((score) => score.sharpness),
          noiseTexture: mean((score) => score.noise_texture),
          confidence: mean((score) => score.confidence),
        },
        months: [...months]
          .map(([month, of]) => ({ month, ...countsOf(of) }))
          .sort((a, b) => (a.month < b.month ? -1 : 1)),
        drift: driftOf(newest),
      };
    })
    .sort((a, b) => (a.model < b.model ? -1 : 1));
}

const countsOf = (group: readonly Summed[]) => ({
  passed: group.filter(({ verdict }) => verdict === 'passed').length,
  flagged: group.filter(({ verdict }) => verdict === 'flagged').length,
  held: group.filter(({ verdict }) => verdict === 'held').length,
});

/** Figures whose mean over the newest lies beyond what chance explains from those before. */
function driftOf(newest: readonly Summed[]): { check: string; before: number; now: number }[] {
  const [recent, before] = [newest.slice(0, RECENT), newest.slice(RECENT)];
  if (recent.length < RECENT || before.length < FEWEST_BEFORE) return [];
  const names = [...new Set(newest.flatMap(({ figures }) => Object.keys(figures)))].sort();
  return names.flatMap((check) => {
    const values = (of: readonly Summed[]) => of.flatMap(({ figures }) => figures[check] ?? []);
    const [now, then] = [values(recent), values(before)];
    if (now.length < RECENT / 2 || then.length < FEWEST_BEFORE / 2) return [];
    const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
    const middle = mean(then);
    const variance = then.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (then.length - 1);
    const error = Math.sqrt(variance * (1 / now.length + 1 / then.length));
    const shift = Math.abs(mean(now) - middle);
    const least = Math.max(DRIFT_ERRORS * error, LEAST_SHIFT * Math.abs(middle));
    return shift > least ? [{ check, before: middle, now: mean(now) }] : [];
  });
}

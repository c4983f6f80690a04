/** What quality control looks at, in the order in which it is told. */
export const qualityChecks = [
  'new-structure',
  'lost-structure',
  'new-line',
  'lost-line',
  'texture',
  'beyond-noise',
  'edge-residual',
  'sharpness',
  'bias',
  'consistency',
  'null-space',
  'null-space-share',
  'contrast-order',
  'insertion',
  'jitter',
] as const;
export type QualityCheckName = (typeof qualityChecks)[number];

export type Verdict = 'passed' | 'flagged' | 'held';

/** Beyond `flag` a person is told, beyond `hold` the series is held back; null: only measured. */
export interface QualityLimit {
  readonly flag: number | null;
  readonly hold: number | null;
}
export type QualityLimits = Readonly<Record<QualityCheckName, QualityLimit>>;

export interface QualityCheck {
  readonly name: QualityCheckName;
  readonly value: number;
  readonly limit: QualityLimit;
  readonly verdict: Verdict;
  /** What was found, in words; of what is beyond a limit the reason. */
  readonly text: string;
}

interface Meaning {
  /** Which values are worse: `high`, `low`, or `away` from 0 to either side. */
  readonly worse: 'high' | 'low' | 'away';
  readonly digits: number;
  readonly words: (value: string) => string;
}

const meanings: Readonly<Record<QualityCheckName, Meaning>> = {
  'new-structure': {
    worse: 'high',
    digits: 1,
    words: (v) => `strongest structure that the original does not show stands ${v} standard deviations out`,
  },
  'lost-structure': {
    worse: 'high',
    digits: 1,
    words: (v) =>
      `strongest structure of the original that is lost or weakened stands ${v} standard deviations out`,
  },
  'new-line': {
    worse: 'high',
    digits: 1,
    words: (v) => `strongest new line or streak stands ${v} standard deviations out`,
  },
  'lost-line': {
    worse: 'high',
    digits: 1,
    words: (v) => `strongest line that is lost or weakened stands ${v} standard deviations out`,
  },
  texture: {
    worse: 'high',
    digits: 2,
    words: (v) => `texture of the change is at most ${v} times the noise of the original`,
  },
  'beyond-noise': {
    worse: 'high',
    digits: 3,
    words: (v) => `${v} % of the voxels changed by more than four standard deviations of the noise`,
  },
  'edge-residual': {
    worse: 'high',
    digits: 2,
    words: (v) => `the change on edges is ${v} times that elsewhere`,
  },
  sharpness: { worse: 'low', digits: 3, words: (v) => `edges are ${v} times as steep as in the original` },
  bias: { worse: 'away', digits: 2, words: (v) => `the mean changed by ${v} (HU of CT, else per cent)` },
  consistency: {
    worse: 'high',
    digits: 2,
    words: (v) =>
      `the result, seen as the data were taken, differs from them by ${v} times the square of the noise (χ² over degrees of freedom)`,
  },
  'null-space': {
    worse: 'high',
    digits: 2,
    words: (v) =>
      `detail that the slices cannot tell stands out by ${v} times what this method adds where slices differ as much`,
  },
  'null-space-share': {
    worse: 'high',
    digits: 3,
    words: (v) => `${v} of the energy of the detail between slices is of a kind that the slices cannot tell`,
  },
  'contrast-order': {
    worse: 'low',
    digits: 3,
    words: (v) =>
      `original and result go together with a correlation of at least ${v} wherever there is contrast`,
  },
  insertion: {
    worse: 'low',
    digits: 2,
    words: (v) => `of small test lesions at least ${v} of the contrast is left`,
  },
  jitter: {
    worse: 'high',
    digits: 2,
    words: (v) => `a little more noise moves the result by up to ${v} times as much`,
  },
};

/** Holds each figure against its limits; figures that could not be measured are left out of what is given. */
export function judgeQuality(
  figures: Readonly<Partial<Record<QualityCheckName, number>>>,
  limits: QualityLimits,
): QualityCheck[] {
  return qualityChecks.flatMap((name): QualityCheck[] => {
    const value = figures[name];
    if (value === undefined || Number.isNaN(value)) return [];
    const { worse, digits, words } = meanings[name];
    const limit = limits[name];
    const isBeyond = (bound: number | null) =>
      bound !== null &&
      (worse === 'low' ? value < bound : (worse === 'away' ? Math.abs(value) : value) > bound);
    const verdict = isBeyond(limit.hold) ? 'held' : isBeyond(limit.flag) ? 'flagged' : 'passed';
    const bound = verdict === 'held' ? limit.hold : limit.flag;
    const side = worse === 'low' ? 'at least' : 'at most';
    const against = bound === null || verdict === 'passed' ? '' : ` (allowed: ${side} ${bound})`;
    return [{ name, value, limit, verdict, text: `${words(value.toFixed(digits))}${against}` }];
  });
}

/** The worst of all. */
export function verdictOf(checks: readonly QualityCheck[]): Verdict {
  if (checks.some(({ verdict }) => verdict === 'held')) return 'held';
  return checks.some(({ verdict }) => verdict === 'flagged') ? 'flagged' : 'passed';
}

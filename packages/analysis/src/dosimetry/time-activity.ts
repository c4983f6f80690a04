/** Activity of a region at one time after administration. */
export interface ActivityPoint {
  readonly hours: number;
  /** In the region at that time, not corrected for decay. */
  readonly activityMBq: number;
}

export interface TimeActivityOptions {
  readonly halfLifeHours: number;
  /** Relative standard uncertainty of an activity, for weights and uncertainties; default 0.1. */
  readonly relativeUncertainty?: number;
}

/** Mono-exponential course of the activity of a region, A(t) = A₀ · 2^(−t / T_eff). */
export interface TimeActivityFit {
  readonly method: 'mono-exponential' | 'physical decay';
  /** Activity extrapolated to the administration, MBq. */
  readonly initialMBq: number;
  readonly effectiveHalfLifeHours: number;
  /** Of clearance alone; null where the region loses nothing but by decay. */
  readonly biologicalHalfLifeHours: number | null;
  /** Number of decays from the administration on, in MBq·h: A₀ · T_eff / ln 2. */
  readonly timeIntegratedMBqH: number;
  /** One standard deviation; null where the points do not give one. */
  readonly uncertainty: {
    readonly effectiveHalfLifeHours: number;
    readonly timeIntegratedMBqH: number;
  } | null;
  /** Largest relative difference of a point from the curve. */
  readonly largestDeviation: number;
  /** Share of the integral that lies after the last point: what rests on the model alone. */
  readonly extrapolatedShare: number;
  /** In words, what to know of this fit. */
  readonly notes: readonly string[];
}

const RELATIVE_UNCERTAINTY = 0.1;
/** A point further from the curve than this speaks against one exponential. */
const POOR_FIT = 0.2;
const MUCH_EXTRAPOLATED = 0.5;

/**
 * Fits ln A(t) by least squares: with the same relative uncertainty at each point the logarithms have the same weight.
 * One point is followed by physical decay alone, the longest that it can be; a slope less steep than that of decay is not
 * physical and becomes it. Uncertainties follow from the stated uncertainty of a point, or from the scatter of three and
 * more points where that is larger, by propagation to first order (EANM dosimetry committee guidance on uncertainty,
 * Gear et al. 2018).
 *
 * Returns the reason as text where there is no point with activity.
 */
export function fitTimeActivity(
  points: readonly ActivityPoint[],
  { halfLifeHours, relativeUncertainty = RELATIVE_UNCERTAINTY }: TimeActivityOptions,
): TimeActivityFit | string {
  const usable = points.filter(({ activityMBq, hours }) => activityMBq > 0 && hours >= 0);
  if (usable.length === 0) return 'no activity at any time';
  const notes: string[] = [];
  if (usable.length < points.length) notes.push('a time without activity was left out');
  const physical = Math.LN2 / halfLifeHours;
  const t = usable.map(({ hours }) => hours);
  const y = usable.map(({ activityMBq }) => Math.log(activityMBq));
  const count = usable.length;
  const meanT = t.reduce((a, b) => a + b, 0) / count;
  const meanY = y.reduce((a, b) => a + b, 0) / count;
  const spread = t.reduce((sum, value) => sum + (value - meanT) ** 2, 0);
  const slope =
    spread > 0
      ? -t.reduce((sum, value, n) => sum + (value - meanT) * (y[n]! - meanY), 0) / spread
      : Number.NaN;
  const isFree = count > 1 && spread > 0 && slope > physical;
  if (count === 1 || !(spread > 0))
    notes.push('one time only: followed by physical decay, the longest that the activity can stay');
  else if (!isFree)
    notes.push(
      'the activity falls more slowly than by decay, which uptake after the first time or scatter can do: physical decay is taken',
    );
  const lambda = isFree ? slope : physical;
  const logInitial = meanY + lambda * meanT;
  const initialMBq = Math.exp(logInitial);
  const timeIntegratedMBqH = initialMBq / lambda;
  const residuals = y.map((value, n) => value - (logInitial - lambda * t[n]!));
  const largestDeviation = Math.max(...residuals.map((value) => Math.abs(Math.expm1(value))));
  if (largestDeviation > POOR_FIT)
    notes.push(
      `a point lies ${(100 * largestDeviation).toFixed(0)} % from the curve: one exponential does not describe this region well`,
    );
  const last = Math.max(...t);
  const extrapolatedShare = Math.exp(-lambda * last);
  if (isFree && extrapolatedShare > MUCH_EXTRAPOLATED)
    notes.push(`${(100 * extrapolatedShare).toFixed(0)} % of the integral lies after the last image`);
  return {
    method: isFree ? 'mono-exponential' : 'physical decay',
    initialMBq,
    effectiveHalfLifeHours: Math.LN2 / lambda,
    biologicalHalfLifeHours: isFree ? Math.LN2 / (lambda - physical) : null,
    timeIntegratedMBqH,
    uncertainty: isFree
      ? uncertaintyOf(residuals, { spread, meanT, count, lambda, timeIntegratedMBqH, relativeUncertainty })
      : null,
    largestDeviation,
    extrapolatedShare,
    notes,
  };
}

interface Spread {
  readonly spread: number;
  readonly meanT: number;
  readonly count: number;
  readonly lambda: number;
  readonly timeIntegratedMBqH: number;
  readonly relativeUncertainty: number;
}

/** Var(λ) = σ²/S, Var(ln A₀) = σ²(1/n + t̄²/S), Cov = σ² t̄/S; ln TIA = ln A₀ − ln λ. */
function uncertaintyOf(residuals: readonly number[], fit: Spread): TimeActivityFit['uncertainty'] {
  const { spread, meanT, count, lambda, timeIntegratedMBqH, relativeUncertainty } = fit;
  const scatter =
    count > 2 ? Math.sqrt(residuals.reduce((sum, value) => sum + value * value, 0) / (count - 2)) : 0;
  const sigma2 = Math.max(relativeUncertainty, scatter) ** 2;
  const varLambda = sigma2 / spread;
  const varLog = sigma2 * (1 / count + (meanT * meanT) / spread);
  const covariance = (sigma2 * meanT) / spread;
  const varLogIntegral = varLog + varLambda / (lambda * lambda) - (2 * covariance) / lambda;
  return {
    effectiveHalfLifeHours: (Math.LN2 / (lambda * lambda)) * Math.sqrt(varLambda),
    timeIntegratedMBqH: timeIntegratedMBqH * Math.sqrt(Math.max(0, varLogIntegral)),
  };
}

/** Between these many effective half-lives a single late point tells the integral to about a tenth. */
const SINGLE_POINT_FROM = 0.75;
const SINGLE_POINT_TO = 2.5;

/**
 * Time-integrated activity from one late image (Hänscheid et al., J Nucl Med 2018): 2 · t · A(t) / ln 2, within a tenth of
 * the integral of an exponential where t lies between 0.75 and 2.5 effective half-lives. MBq·h.
 */
export function singleTimePoint({ hours, activityMBq }: ActivityPoint): {
  readonly timeIntegratedMBqH: number;
  /** Effective half-lives for which it holds. */
  readonly holdsForHours: readonly [number, number];
} {
  return {
    timeIntegratedMBqH: (2 * hours * activityMBq) / Math.LN2,
    holdsForHours: [hours / SINGLE_POINT_TO, hours / SINGLE_POINT_FROM],
  };
}

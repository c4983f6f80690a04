import type { TracerName } from '../../tracers/index.ts';
import { probabilityOf } from './trees.ts';

/** What a reader said of one region of uptake whose probability the model had told. */
export interface Click {
  readonly tracer: TracerName;
  /** Log-odds of the model itself, before any calibration of the site. */
  readonly logOdds: number;
  readonly isPhysiological: boolean;
}

/** Calibrated log-odds = intercept + slope · log-odds of the model. */
export interface Calibration {
  readonly intercept: number;
  readonly slope: number;
}

/** A site's calibration by tracer; a tracer that is not there is left as the model says. */
export type SiteCalibration = Partial<Record<TracerName, Calibration>>;

export type CalibrationOutcome =
  | {
      readonly status: 'fitted';
      readonly calibration: Calibration;
      readonly clicks: number;
      /** Mean logarithmic loss with each click held back in turn, with the calibration and without it. */
      readonly loss: number;
      readonly lossBefore: number;
    }
  | { readonly status: 'kept'; readonly clicks: number; readonly reason: string };

/** A site's clicks are few and chosen: they may move the model so far and no further. */
export const CALIBRATION_LIMITS = {
  fewestClicks: 30,
  fewestOfEach: 8,
  intercept: 1.5,
  slope: [0.5, 2],
} as const;
/** Spread of what is expected before any click, of the intercept and of the slope about 1. */
const PRIOR = { intercept: 0.7, slope: 0.3 } as const;
const STEPS = 50;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Maximum a posteriori by Newton steps; the result lies within the limits. */
function fit(clicks: readonly Click[]): Calibration {
  let [a, b] = [0, 1];
  for (let step = 0; step < STEPS; step++) {
    let [ga, gb] = [-a / PRIOR.intercept ** 2, -(b - 1) / PRIOR.slope ** 2];
    let [haa, hab, hbb] = [1 / PRIOR.intercept ** 2, 0, 1 / PRIOR.slope ** 2];
    for (const { logOdds: x, isPhysiological } of clicks) {
      const p = probabilityOf(a + b * x);
      const w = p * (1 - p);
      ga += Number(isPhysiological) - p;
      gb += (Number(isPhysiological) - p) * x;
      haa += w;
      hab += w * x;
      hbb += w * x * x;
    }
    const det = haa * hbb - hab * hab;
    const da = (hbb * ga - hab * gb) / det;
    const db = (haa * gb - hab * ga) / det;
    a += da;
    b += db;
    if (Math.abs(da) + Math.abs(db) < 1e-10) break;
  }
  const round = (value: number) => Number(value.toFixed(4));
  return {
    intercept: round(clamp(a, -CALIBRATION_LIMITS.intercept, CALIBRATION_LIMITS.intercept)),
    slope: round(clamp(b, ...CALIBRATION_LIMITS.slope)),
  };
}

const IDENTITY: Calibration = { intercept: 0, slope: 1 };

function lossOf({ logOdds, isPhysiological }: Click, { intercept, slope }: Calibration): number {
  const p = probabilityOf(intercept + slope * logOdds);
  return -Math.log(Math.max(1e-12, isPhysiological ? p : 1 - p));
}

/**
 * A site's calibration of one tracer from its readers' clicks. It is given only where there are enough clicks of both
 * kinds and where it foretells a click that it has not seen better than the model alone. The same clicks, in any order,
 * give the same numbers.
 */
export function calibrateUptake(clicks: readonly Click[]): CalibrationOutcome {
  const sorted = [...clicks].sort(
    (x, y) => x.logOdds - y.logOdds || Number(x.isPhysiological) - Number(y.isPhysiological),
  );
  const { fewestClicks, fewestOfEach } = CALIBRATION_LIMITS;
  const physiological = sorted.filter(({ isPhysiological }) => isPhysiological).length;
  const lesions = sorted.length - physiological;
  if (sorted.length < fewestClicks || Math.min(physiological, lesions) < fewestOfEach) {
    return {
      status: 'kept',
      clicks: sorted.length,
      reason: `${sorted.length} clicks, ${lesions} of lesions and ${physiological} of physiological uptake: at least ${fewestClicks}, and ${fewestOfEach} of each, are needed`,
    };
  }
  let [loss, lossBefore] = [0, 0];
  sorted.forEach((click, n) => {
    const others = [...sorted.slice(0, n), ...sorted.slice(n + 1)];
    loss += lossOf(click, fit(others)) / sorted.length;
    lossBefore += lossOf(click, IDENTITY) / sorted.length;
  });
  if (!(loss < lossBefore)) {
    return {
      status: 'kept',
      clicks: sorted.length,
      reason: `the model alone foretells the clicks at least as well (loss ${lossBefore.toFixed(3)}, calibrated ${loss.toFixed(3)})`,
    };
  }
  return { status: 'fitted', calibration: fit(sorted), clicks: sorted.length, loss, lossBefore };
}

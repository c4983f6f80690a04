import { bodyMeasure } from './body-measure.ts';
import { fromActivity } from './from-activity.ts';
import type { SuvKind } from './result.ts';
import { positive, Refused, significant, type Working } from './working.ts';

/** Philips counts: the private SUV factor, else the private activity factor (creator "Philips PET Private Group"). */
export function fromPhilipsCounts(working: Working): Float64Array {
  const { slices } = working.header;
  const direct = slices.map((slice) => positive(slice.philipsSuvFactor));
  const activity = slices.map((slice) => positive(slice.philipsActivityFactor));
  if (direct.every((factor) => factor !== null)) {
    const factors = Float64Array.from(direct as number[]);
    working.derivation.push(
      `Units CNTS: SUVbw = value · Philips SUV factor (7053,xx00) ${significant(factors[0] ?? 0)}`,
    );
    compareWithActivity(working, factors, activity);
    return factors;
  }
  if (activity.every((factor) => factor !== null)) {
    working.derivation.push('Units CNTS: Bq/ml = value · Philips activity factor (7053,xx09)');
    return fromActivity(working, (_slice, index) => activity[index] ?? Number.NaN);
  }
  const some = direct.some((factor) => factor !== null) || activity.some((factor) => factor !== null);
  throw new Refused(
    'SUV_PHILIPS_FACTOR_MISSING',
    some
      ? 'Units CNTS, but the Philips private factors (7053,xx00) and (7053,xx09) are missing on some slices'
      : 'Units CNTS without the Philips private factors (7053,xx00) and (7053,xx09)',
    'send the series with its private attributes (creator "Philips PET Private Group")',
  );
}

/** Where both Philips factors are there they must say the same; a difference is reported, the direct one is used. */
function compareWithActivity(
  working: Working,
  direct: Float64Array,
  activity: readonly (number | null)[],
): void {
  if (!activity.every((factor) => factor !== null)) return;
  const trial: Working = { ...working, derivation: [], warnings: [] };
  let other: Float64Array;
  try {
    other = fromActivity(trial, (_slice, index) => activity[index] ?? Number.NaN);
  } catch (error) {
    if (error instanceof Refused) return;
    throw error;
  }
  working.injectedActivityBq = trial.injectedActivityBq;
  working.uptakeMinutes = trial.uptakeMinutes;
  const ratio = (other[0] ?? Number.NaN) / (direct[0] ?? Number.NaN);
  if (Math.abs(ratio - 1) > 0.01) {
    working.warnings.push(
      `the Philips SUV factor and the one from activity, dose and times differ by ${((ratio - 1) * 100).toFixed(1)} %; the SUV factor was used`,
    );
  }
}

/** Values that the scanner has already divided: only the kind of SUV has to be known. */
export function fromScannerSuv(working: Working): Float64Array {
  const { header, weightKg, derivation } = working;
  const stated = header.suvType?.trim().toUpperCase() || (header.units === 'CM2ML' ? 'BSA' : 'BW');
  if (header.suvType === null || header.suvType === '') {
    working.warnings.push(`SUV Type (0054,1006) is absent; ${stated} is taken from Units ${header.units}`);
  }
  const kindByType: Record<string, SuvKind> = {
    BW: 'bw',
    LBM: 'lbmJames120',
    LBMJAMES128: 'lbm',
    LBMJANMA: 'lbmJanmahasatian',
    IBW: 'ibw',
    BSA: 'bsa',
  };
  const kind = kindByType[stated];
  if (kind === undefined || (kind === 'bsa') !== (header.units === 'CM2ML')) {
    throw new Refused(
      'SUV_TYPE_CONTRADICTS_UNITS',
      `SUV Type ${stated} does not fit Units ${header.units}`,
      'correct SUV Type (0054,1006) at the scanner',
    );
  }
  derivation.push(`Units ${header.units}, SUV Type ${stated}: the scanner wrote SUV`);
  const factors = new Float64Array(header.slices.length);
  if (kind === 'bw') return factors.fill(1);
  const measure = bodyMeasure(kind, working);
  if (typeof measure === 'string' || weightKg === null) {
    throw new Refused(
      'SUV_BODY_SIZE_MISSING',
      `SUV Type ${stated} cannot be turned into SUVbw: ${typeof measure === 'string' ? measure : 'patient weight is missing'}`,
      'complete weight, size and sex in the series',
    );
  }
  derivation.push(`SUVbw = value · ${weightKg} kg / ${significant(measure)} (${kind})`);
  return factors.fill(weightKg / measure);
}

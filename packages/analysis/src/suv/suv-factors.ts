import {
  bodySurfaceArea,
  idealBodyWeight,
  leanBodyMassJames,
  leanBodyMassJames120,
  leanBodyMassJanmahasatian,
  type Sex,
} from './body-size.ts';
import { administrationTime, decayReference, meanDecayTime } from './decay-reference.ts';
import type { PetHeader, PetSlice } from './header.ts';
import { dateTimeSeconds, formatSeconds } from './local-time.ts';
import { findRadionuclide } from './radionuclides.ts';

/**
 * `bw` body weight; `lbm` lean body mass by James (128); `lbmJames120` its variant with 120 (DICOM's SUVlbm,
 * 126402); `lbmJanmahasatian`; `bsa` body surface area in cm²/ml; `ibw` ideal body weight. All others g/ml.
 */
export type SuvKind = 'bw' | 'lbm' | 'lbmJames120' | 'lbmJanmahasatian' | 'bsa' | 'ibw';

export const SUV_KINDS: readonly SuvKind[] = ['bw', 'lbm', 'lbmJames120', 'lbmJanmahasatian', 'bsa', 'ibw'];

export interface SuvFactors {
  readonly status: 'ok';
  /** SUV of each kind per rescaled stored value (stored · slope + intercept) of the first slice. */
  readonly factors: Partial<Record<SuvKind, number>>;
  /** Why a kind is absent from `factors`. */
  readonly refusedKinds: Partial<Record<SuvKind, string>>;
  /** SUVbw per rescaled stored value of each slice, in the order of the header's slices. */
  readonly bwPerSlice: Float64Array;
  /** The slices do not share one factor. */
  readonly perSlice: boolean;
  readonly units: string;
  readonly decayCorrection: string;
  readonly patientWeightKg: number | null;
  readonly injectedActivityBq: number | null;
  readonly uptakeMinutes: number | null;
  /** The arithmetic, one line per step. */
  readonly derivation: readonly string[];
  readonly warnings: readonly string[];
  /** False where a warning touches the factor itself. */
  readonly confident: boolean;
}

export interface SuvRefusal {
  readonly status: 'refused';
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
  readonly derivation: readonly string[];
  readonly warnings: readonly string[];
}

export type SuvResult = SuvFactors | SuvRefusal;

/** A total dose below this is megabecquerel written into an attribute that is defined in becquerel. */
const LOWEST_DOSE_BQ = 1e5;
/** A weight above this is grams, a size above this centimetres. */
const HIGHEST_WEIGHT_KG = 1000;
const HIGHEST_SIZE_M = 3;
/** Bands outside which a value is reported, not refused. */
const USUAL_DOSE_BQ: readonly [number, number] = [50e6, 1000e6];
const USUAL_WEIGHT_KG: readonly [number, number] = [2, 300];
const USUAL_FDG_UPTAKE_MIN: readonly [number, number] = [45, 120];

class Refused extends Error {
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, reason: string, remedy: string) {
    super(reason);
    this.code = code;
    this.remedy = remedy;
  }
}

interface Working {
  readonly header: PetHeader;
  readonly derivation: string[];
  readonly warnings: string[];
  readonly weightKg: number | null;
  readonly heightM: number | null;
  readonly sex: Sex | null;
  confident: boolean;
  injectedActivityBq: number | null;
  uptakeMinutes: number | null;
}

const significant = (value: number): string => String(Number(value.toPrecision(8)));

/**
 * SUV factors of a PET series with their derivation, or a refusal with its reason. Pure: reads only the header.
 * SUVbw = (stored · slope + intercept) · factor. Rules: PS3.3 C.8.9, QIBA FDG-PET/CT profile, Philips and GE
 * private attributes by creator.
 */
export function suvFactors(header: PetHeader): SuvResult {
  const working = prepare(header);
  try {
    requireQuantitative(working);
    const bwPerSlice = bodyWeightFactors(working);
    return succeed(working, bwPerSlice);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return {
      status: 'refused',
      code: error.code,
      reason: error.message,
      remedy: error.remedy,
      derivation: working.derivation,
      warnings: working.warnings,
    };
  }
}

function prepare(header: PetHeader): Working {
  const warnings: string[] = [];
  let weightKg = positive(header.patientWeightKg);
  if (weightKg !== null && weightKg > HIGHEST_WEIGHT_KG) {
    warnings.push(`patient weight ${weightKg} read as grams`);
    weightKg /= 1000;
  }
  if (weightKg !== null && isOutside(weightKg, USUAL_WEIGHT_KG))
    warnings.push(`unusual patient weight: ${weightKg} kg`);
  let heightM = positive(header.patientSizeM);
  if (heightM !== null && heightM > HIGHEST_SIZE_M) {
    warnings.push(`patient size ${heightM} read as centimetres`);
    heightM /= 100;
  }
  const sexText = header.patientSex?.trim().toUpperCase() ?? '';
  const sex = sexText === 'M' || sexText === 'F' || sexText === 'O' ? sexText : null;
  return {
    header,
    derivation: [],
    warnings,
    weightKg,
    heightM,
    sex,
    confident: true,
    injectedActivityBq: null,
    uptakeMinutes: null,
  };
}

function requireQuantitative({ header, warnings }: Working): void {
  if (header.slices.length === 0) {
    throw new Refused('SUV_NO_IMAGES', 'the series has no PET images', 'send the whole series');
  }
  if (header.units === null || header.units === '') {
    throw new Refused(
      'SUV_UNITS_MISSING',
      'Units (0054,1001) is missing',
      'export the series with its Units',
    );
  }
  if (header.correctedImage.length === 0 && header.units === 'GML') {
    warnings.push(
      'Corrected Image (0028,0051) is empty; the scanner wrote SUV, so attenuation correction is assumed',
    );
  } else if (!header.correctedImage.includes('ATTN')) {
    throw new Refused(
      'SUV_NOT_ATTENUATION_CORRECTED',
      'Corrected Image (0028,0051) does not contain ATTN: the series is not attenuation corrected',
      'use the attenuation-corrected reconstruction',
    );
  }
  if (header.slices.some((slice) => slice.rescaleIntercept !== 0)) {
    throw new Refused(
      'SUV_INTERCEPT_NOT_ZERO',
      'Rescale Intercept (0028,1052) is not 0, which PET does not allow (PS3.3 C.8.9.4)',
      'export the series again from the scanner',
    );
  }
}

/** SUVbw per rescaled value of each slice, by Units. */
function bodyWeightFactors(working: Working): Float64Array {
  const { header } = working;
  switch (header.units) {
    case 'BQML':
      working.derivation.push('Units BQML: values are Bq/ml');
      return fromActivity(working, () => 1);
    case 'CPS':
      if (!header.correctedImage.includes('DCAL')) {
        throw new Refused(
          'SUV_COUNTS_NOT_CALIBRATED',
          'Units CPS without DCAL in Corrected Image: counts are not calibrated to activity',
          'use a reconstruction in BQML',
        );
      }
      working.derivation.push('Units CPS with DCAL: values are taken as Bq/ml');
      return fromActivity(working, () => 1);
    case 'CNTS':
      return fromPhilipsCounts(working);
    case 'GML':
    case 'CM2ML':
      return fromScannerSuv(working);
    default:
      throw new Refused(
        'SUV_UNITS_NOT_QUANTITATIVE',
        `Units ${header.units} cannot be converted to SUV`,
        'use a reconstruction in BQML, GML or (Philips) CNTS with its SUV factor',
      );
  }
}

function fromPhilipsCounts(working: Working): Float64Array {
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
function fromScannerSuv(working: Working): Float64Array {
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

/** Bq/ml to SUVbw: weight over the decayed dose, by DecayCorrection. `scale` turns a value of a slice into Bq/ml. */
function fromActivity(working: Working, scale: (slice: PetSlice, index: number) => number): Float64Array {
  const { header, weightKg, derivation } = working;
  if (weightKg === null) {
    throw new Refused(
      'SUV_WEIGHT_MISSING',
      'patient weight is missing',
      "enter Patient's Weight (0010,1030)",
    );
  }
  const doseBq = injectedActivity(working);
  const weightG = weightKg * 1000;
  const undecayed = weightG / doseBq;
  const correction = requireDecayCorrection(working);
  const factors = new Float64Array(header.slices.length);
  if (correction === 'ADMIN') {
    derivation.push(
      'Decay Correction ADMIN: values are corrected to the administration, no decay is applied',
    );
    noteUptake(working);
    header.slices.forEach((slice, index) => {
      factors[index] = scale(slice, index) * undecayed;
    });
    derivation.push(
      `SUVbw factor = ${weightG} g / ${significant(doseBq)} Bq = ${significant(undecayed)} g/Bq`,
    );
    return factors;
  }
  const halfLifeS = halfLife(working);
  if (correction === 'START') {
    const reference = requireReference(working, halfLifeS);
    const given = requireAdministration(working, reference, halfLifeS);
    const elapsed = reference - given;
    const remaining = 2 ** (-elapsed / halfLifeS);
    const factor = undecayed / remaining;
    derivation.push(
      `decayed dose = ${significant(doseBq)} Bq · 2^(−${significant(elapsed)} s / ${halfLifeS} s) = ${significant(doseBq * remaining)} Bq`,
      `SUVbw factor = ${weightG} g / ${significant(doseBq * remaining)} Bq = ${significant(factor)} g/Bq`,
    );
    header.slices.forEach((slice, index) => {
      factors[index] = scale(slice, index) * factor;
    });
    return factors;
  }
  header.slices.forEach((slice, index) => {
    factors[index] = scale(slice, index) * undecayed * uncorrectedFrame(working, slice, halfLifeS);
  });
  derivation.push(
    'Decay Correction NONE: each slice is corrected from its own frame, λT/(1−e^(−λT)) · e^(λ(acquisition − administration))',
    `SUVbw factor of the first slice = ${significant(factors[0] ?? Number.NaN)} g/Bq`,
  );
  return factors;
}

/** Correction of one frame without decay correction, to the time of administration. */
function uncorrectedFrame(working: Working, slice: PetSlice, halfLifeS: number): number {
  const acquired = dateTimeSeconds(slice.acquisitionDateTime);
  if (acquired === null || slice.frameDurationMs === null) {
    throw new Refused(
      'SUV_FRAME_TIME_MISSING',
      'Decay Correction NONE needs Acquisition Date, Time and Actual Frame Duration on every slice',
      'send the series with its frame times',
    );
  }
  const given = requireAdministration(working, acquired, halfLifeS);
  const lambda = Math.LN2 / halfLifeS;
  const mean = meanDecayTime(halfLifeS, slice.frameDurationMs / 1000);
  return Math.exp(lambda * (acquired + mean - given));
}

function requireDecayCorrection(working: Working): 'START' | 'ADMIN' | 'NONE' {
  const { header } = working;
  const stated = header.decayCorrection?.trim().toUpperCase();
  const isDecayed = header.correctedImage.includes('DECY');
  if (stated !== 'START' && stated !== 'ADMIN' && stated !== 'NONE') {
    throw new Refused(
      'SUV_DECAY_CORRECTION_UNKNOWN',
      `Decay Correction (0054,1102) is ${stated ? `"${stated}"` : 'missing'}; START, ADMIN or NONE is needed`,
      'export the series with its Decay Correction',
    );
  }
  if (stated !== 'NONE' && !isDecayed) {
    throw new Refused(
      'SUV_DECAY_CONTRADICTION',
      `Decay Correction is ${stated}, but Corrected Image does not contain DECY`,
      'clarify with the scanner whether the series is decay corrected',
    );
  }
  if (stated === 'NONE' && isDecayed) {
    working.warnings.push('Decay Correction is NONE, but Corrected Image contains DECY; NONE was followed');
    working.confident = false;
  }
  return stated;
}

function injectedActivity(working: Working): number {
  const written = positive(working.header.radionuclideTotalDose);
  if (written === null) {
    throw new Refused(
      'SUV_DOSE_MISSING',
      'Radionuclide Total Dose (0018,1074) is missing',
      'enter the injected activity in becquerel',
    );
  }
  const doseBq = written < LOWEST_DOSE_BQ ? written * 1e6 : written;
  if (doseBq !== written) {
    working.warnings.push(`Radionuclide Total Dose ${written} read as MBq (the attribute is defined in Bq)`);
  }
  if (isOutside(doseBq, USUAL_DOSE_BQ)) {
    working.warnings.push(`unusual injected activity: ${significant(doseBq / 1e6)} MBq`);
  }
  working.injectedActivityBq = doseBq;
  working.derivation.push(
    `injected activity ${significant(doseBq)} Bq, patient weight ${working.weightKg} kg`,
  );
  return doseBq;
}

function halfLife(working: Working): number {
  const { header } = working;
  const nuclide = findRadionuclide(header.radionuclideCode, header.radionuclideMeaning);
  const written = positive(header.radionuclideHalfLifeS);
  if (written !== null) {
    if (nuclide !== null && Math.abs(written / nuclide.halfLifeS - 1) > 0.02) {
      working.warnings.push(
        `half-life ${written} s does not fit ${nuclide.symbol} (${nuclide.halfLifeS} s); the written one was used`,
      );
      working.confident = false;
    }
    return written;
  }
  if (nuclide === null) {
    throw new Refused(
      'SUV_HALF_LIFE_MISSING',
      'Radionuclide Half Life (0018,1075) is missing and the nuclide is not named',
      'export the series with its Radiopharmaceutical Information',
    );
  }
  working.derivation.push(`half-life of ${nuclide.symbol} taken from its code: ${nuclide.halfLifeS} s`);
  return nuclide.halfLifeS;
}

function requireReference(working: Working, halfLifeS: number): number {
  const choice = decayReference(working.header, halfLifeS);
  if (choice === null) {
    throw new Refused(
      'SUV_REFERENCE_TIME_MISSING',
      'neither Series Date and Time nor Acquisition Date and Time can be read',
      'export the series with its dates and times',
    );
  }
  working.derivation.push(`decay reference ${formatSeconds(choice.seconds)} from ${choice.source}`);
  working.warnings.push(...choice.warnings);
  if (!choice.confident) working.confident = false;
  return choice.seconds;
}

function requireAdministration(working: Working, referenceS: number, halfLifeS: number): number {
  const choice = administrationTime(working.header, referenceS, halfLifeS);
  if (choice === null) {
    throw new Refused(
      'SUV_INJECTION_TIME_MISSING',
      'Radiopharmaceutical Start DateTime (0018,1078) and Start Time (0018,1072) are missing',
      'enter the time of injection',
    );
  }
  if (working.uptakeMinutes === null) {
    working.derivation.push(`administration ${formatSeconds(choice.seconds)} from ${choice.source}`);
    working.warnings.push(...choice.warnings);
    if (!choice.confident) working.confident = false;
    recordUptake(working, (referenceS - choice.seconds) / 60, halfLifeS);
  }
  return choice.seconds;
}

/** ADMIN needs no times for the factor; uptake time is still told where it can be. */
function noteUptake(working: Working): void {
  const { header } = working;
  const halfLifeS =
    positive(header.radionuclideHalfLifeS) ??
    findRadionuclide(header.radionuclideCode, header.radionuclideMeaning)?.halfLifeS;
  if (halfLifeS === undefined) return;
  const reference = decayReference(header, halfLifeS);
  const given = reference === null ? null : administrationTime(header, reference.seconds, halfLifeS);
  if (reference !== null && given !== null)
    recordUptake(working, (reference.seconds - given.seconds) / 60, halfLifeS);
}

function recordUptake(working: Working, minutes: number, halfLifeS: number): void {
  working.uptakeMinutes = minutes;
  const isF18 = Math.abs(halfLifeS - 6586) < 10;
  if (isF18 && isOutside(minutes, USUAL_FDG_UPTAKE_MIN)) {
    working.warnings.push(`unusual uptake time: ${minutes.toFixed(1)} min`);
  }
  if (minutes * 60 > 2 * halfLifeS && isF18)
    working.warnings.push('more than two half-lives between injection and scan');
}

/** Body weight over the measure that a kind of SUV divides by, or the reason why it cannot be had. */
function bodyMeasure(kind: SuvKind, { weightKg, heightM, sex }: Working): number | string {
  if (weightKg === null) return 'patient weight is missing';
  if (kind === 'bw') return weightKg;
  if (heightM === null) return 'patient size is missing';
  if (kind === 'bsa') {
    // SUVbsa in cm²/ml: with the weight in kg, kg per (m² · 10⁴ cm²/m²) · 10³ g/kg.
    return bodySurfaceArea({ weightKg, heightM }) * 10;
  }
  if (sex === null) return "patient's sex is missing";
  const measures = {
    lbm: () => leanBodyMassJames({ weightKg, heightM, sex }),
    lbmJames120: () => leanBodyMassJames120({ weightKg, heightM, sex }),
    lbmJanmahasatian: () => leanBodyMassJanmahasatian({ weightKg, heightM, sex }),
    ibw: () => idealBodyWeight({ heightM, sex }),
  } as const;
  const measure = measures[kind]();
  return measure > 0 ? measure : `the formula gives ${significant(measure)} kg for this weight and size`;
}

function succeed(working: Working, bwPerSlice: Float64Array): SuvFactors {
  const bw = bwPerSlice[0] ?? Number.NaN;
  const perSlice = bwPerSlice.some((factor) => Math.abs(factor / bw - 1) > 1e-9);
  const factors: Partial<Record<SuvKind, number>> = {};
  const refusedKinds: Partial<Record<SuvKind, string>> = {};
  for (const kind of SUV_KINDS) {
    if (kind === 'bw') {
      factors.bw = bw;
      continue;
    }
    const measure = bodyMeasure(kind, working);
    if (typeof measure === 'string' || working.weightKg === null) {
      refusedKinds[kind] = typeof measure === 'string' ? measure : 'patient weight is missing';
    } else {
      factors[kind] = (bw * measure) / working.weightKg;
    }
  }
  if (working.sex === 'O')
    working.warnings.push("patient's sex is O: lean and ideal body mass are the mean of both formulas");
  return {
    status: 'ok',
    factors,
    refusedKinds,
    bwPerSlice,
    perSlice,
    units: working.header.units ?? '',
    decayCorrection: working.header.decayCorrection ?? '',
    patientWeightKg: working.weightKg,
    injectedActivityBq: working.injectedActivityBq,
    uptakeMinutes: working.uptakeMinutes,
    derivation: working.derivation,
    warnings: working.warnings,
    confident: working.confident,
  };
}

function positive(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value > 0 ? value : null;
}

function isOutside(value: number, [low, high]: readonly [number, number]): boolean {
  return value < low || value > high;
}

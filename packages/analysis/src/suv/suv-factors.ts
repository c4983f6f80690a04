import { bodyMeasure } from './body-measure.ts';
import { fromActivity } from './from-activity.ts';
import { fromPhilipsCounts, fromScannerSuv } from './from-scanner.ts';
import type { PetHeader } from './header.ts';
import { SUV_KINDS, type SuvFactors, type SuvKind, type SuvResult } from './result.ts';
import { Refused, startWorking, type Working } from './working.ts';

/**
 * SUV factors of a PET series with their derivation, or a refusal with its reason. Pure: reads only the header.
 * SUVbw = (stored · slope + intercept) · factor. Rules: PS3.3 C.8.9, QIBA FDG-PET/CT profile, Philips and GE
 * private attributes by creator.
 */
export function suvFactors(header: PetHeader): SuvResult {
  const working = startWorking(header);
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

/** Units that carry activity or SUV; the others are only proportional to something (PS3.3 C.8.9.1.1.3). */
const QUANTITATIVE_UNITS: readonly string[] = ['BQML', 'CPS', 'CNTS', 'GML', 'CM2ML'];

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
  if (!QUANTITATIVE_UNITS.includes(header.units)) {
    throw new Refused(
      'SUV_UNITS_NOT_QUANTITATIVE',
      `Units ${header.units} cannot be converted to SUV`,
      'use a reconstruction in BQML, GML or (Philips) CNTS with its SUV factor',
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
    default:
      return fromScannerSuv(working);
  }
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

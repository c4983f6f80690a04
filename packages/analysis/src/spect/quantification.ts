import { administrationTime, decayReference } from '../suv/decay-reference.ts';
import type { PetHeader } from '../suv/header.ts';
import { type SuvResult, suvFactors } from '../suv/index.ts';
import { dateTimeSeconds, formatSeconds } from '../suv/local-time.ts';
import { findRadionuclide } from '../suv/radionuclides.ts';
import { positive, significant } from '../suv/working.ts';

/**
 * What a reconstructed SPECT says about activity, time and scale: attribute values as written, as `PetHeader`, and what
 * only gamma cameras write. Sources: PS3.3 C.8.4 (NM), C.8.9 (PET object, in which some cameras write quantitative
 * SPECT), C.7.6.16.2.11 (Real World Value Mapping).
 */
export interface SpectHeader extends PetHeader {
  /** Radiopharmaceutical (0018,0031). */
  readonly radiopharmaceutical: string | null;
  /** Whole acquisition of a voxel, seconds: Actual Frame Duration, of NM times the views of its rotation. */
  readonly acquisitionSeconds: number | null;
  /** How `acquisitionSeconds` was read, for the derivation. */
  readonly acquisitionSecondsFrom: string;
  /** Bq/ml per rescaled value by a Real World Value Mapping of the study, with where it stands. */
  readonly mapping: { readonly bqPerMlPerValue: number; readonly source: string } | null;
  readonly voxelMl: number;
}

/** What a site knows and the files do not say; each takes the place of the header. */
export interface SpectKnowledge {
  /** Counts per second of the reconstructed image for each megabecquerel, from a phantom. */
  readonly sensitivityCpsPerMBq?: number;
  readonly acquisitionSeconds?: number;
  readonly administeredMBq?: number;
  /** Local ISO 8601. */
  readonly administeredAt?: string;
}

interface SpectTimes {
  readonly nuclide: string | null;
  readonly halfLifeSeconds: number | null;
  /** Start of the acquisition, seconds on the axis of local times; null where it is not written. */
  readonly startedSeconds: number | null;
  /** Hours from the administration to the start of the acquisition. */
  readonly hoursAfter: number | null;
  readonly administeredBq: number | null;
}

export interface QuantitativeSpect extends SpectTimes {
  readonly status: 'quantitative';
  /** What turns rescaled values into Bq/ml at the start of the acquisition. */
  readonly bqPerMlPerValue: number;
  readonly source: 'units' | 'mapping' | 'sensitivity';
  /** SUV per Bq/ml at the start of the acquisition, or why there is none. */
  readonly suv: SuvResult;
  readonly derivation: readonly string[];
  readonly warnings: readonly string[];
}

export interface RelativeSpect extends SpectTimes {
  readonly status: 'relative';
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
  readonly derivation: readonly string[];
  readonly warnings: readonly string[];
}

export type SpectQuantity = QuantitativeSpect | RelativeSpect;

class NotQuantitative extends Error {
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, reason: string, remedy: string) {
    super(reason);
    this.code = code;
    this.remedy = remedy;
  }
}

/**
 * Bq/ml at the start of the acquisition for the values of a SPECT: by its unit, by a Real World Value Mapping, or by the
 * sensitivity that the site has measured; else relative, with the reason. Pure: reads only the header.
 *
 * The activity that is in the patient while the image is made is what dosimetry integrates: values that the camera has
 * corrected for decay to the administration are decayed again, values without correction, which are the mean over the
 * acquisition, are taken back to its start.
 */
export function quantifySpect(header: SpectHeader, knowledge: SpectKnowledge = {}): SpectQuantity {
  const derivation: string[] = [];
  const warnings: string[] = [];
  const known = withKnowledge(header, knowledge, derivation);
  const nuclide = findRadionuclide(known.radionuclideCode, known.radionuclideMeaning);
  const halfLifeSeconds = positive(known.radionuclideHalfLifeS) ?? nuclide?.halfLifeS ?? null;
  if (
    nuclide !== null &&
    halfLifeSeconds !== null &&
    Math.abs(halfLifeSeconds / nuclide.halfLifeS - 1) > 0.02
  )
    warnings.push(
      `half-life ${halfLifeSeconds} s does not fit ${nuclide.symbol} (${nuclide.halfLifeS} s); the written one was used`,
    );
  const startedSeconds = startOf(known);
  const given =
    startedSeconds === null || halfLifeSeconds === null
      ? null
      : administrationTime(known, startedSeconds, halfLifeSeconds);
  const hoursAfter = given === null ? null : (startedSeconds! - given.seconds) / 3600;
  if (given !== null && startedSeconds !== null) {
    derivation.push(
      `administered ${formatSeconds(given.seconds)} (${given.source}), acquired from ${formatSeconds(startedSeconds)}: ${hoursAfter!.toFixed(2)} h`,
    );
    warnings.push(...given.warnings);
  }
  const times: SpectTimes = {
    nuclide: nuclide?.symbol ?? known.radionuclideMeaning,
    halfLifeSeconds,
    startedSeconds,
    hoursAfter,
    administeredBq: administeredBq(known),
  };
  try {
    requireCorrections(known);
    const { scale, source } = scaleOf(known, knowledge, derivation);
    const toStart = decayToStart(known, source, halfLifeSeconds, startedSeconds, given?.seconds ?? null, {
      derivation,
      warnings,
    });
    const suv = suvAtStart(known);
    return {
      status: 'quantitative',
      ...times,
      bqPerMlPerValue: scale * toStart,
      source,
      suv,
      derivation,
      warnings: [...warnings, ...suv.warnings.filter((warning) => !warnings.includes(warning))],
    };
  } catch (error) {
    if (!(error instanceof NotQuantitative)) throw error;
    const { code, message, remedy } = error;
    return { status: 'relative', ...times, code, reason: message, remedy, derivation, warnings };
  }
}

function withKnowledge(header: SpectHeader, knowledge: SpectKnowledge, derivation: string[]): SpectHeader {
  const { administeredMBq, administeredAt, acquisitionSeconds } = knowledge;
  if (administeredMBq !== undefined)
    derivation.push(`administered activity ${administeredMBq} MBq as given, not from the header`);
  if (administeredAt !== undefined)
    derivation.push(`administered at ${administeredAt} as given, not from the header`);
  return {
    ...header,
    ...(administeredMBq === undefined ? {} : { radionuclideTotalDose: administeredMBq * 1e6 }),
    ...(administeredAt === undefined ? {} : { injectionDateTime: administeredAt, injectionTime: null }),
    ...(acquisitionSeconds === undefined ? {} : { acquisitionSeconds, acquisitionSecondsFrom: 'as given' }),
  };
}

/** The first acquisition of the slices, or the time of the series. */
function startOf({ slices, seriesDateTime }: SpectHeader): number | null {
  const acquired = slices.flatMap(({ acquisitionDateTime }) => dateTimeSeconds(acquisitionDateTime) ?? []);
  return acquired.length > 0 ? Math.min(...acquired) : dateTimeSeconds(seriesDateTime);
}

/** Below it the attribute, which is defined in becquerel, holds megabecquerel. */
const LOWEST_DOSE_BQ = 1e5;

function administeredBq({ radionuclideTotalDose }: SpectHeader): number | null {
  const written = positive(radionuclideTotalDose);
  return written === null ? null : written < LOWEST_DOSE_BQ ? written * 1e6 : written;
}

function requireCorrections({ correctedImage, slices }: SpectHeader): void {
  if (!correctedImage.includes('ATTN')) {
    throw new NotQuantitative(
      'SPECT_NOT_ATTENUATION_CORRECTED',
      'the tomogram is not corrected for attenuation: uptake deep in the body is too low',
      'send the reconstruction with attenuation correction',
    );
  }
  if (slices.some(({ rescaleIntercept }) => rescaleIntercept !== 0)) {
    throw new NotQuantitative(
      'SPECT_INTERCEPT_NOT_ZERO',
      'Rescale Intercept (0028,1052) is not 0: values are not proportional to activity',
      'export the reconstruction again',
    );
  }
}

type Source = QuantitativeSpect['source'];

/** Bq/ml per rescaled value, at the time that the values themselves refer to. */
function scaleOf(
  header: SpectHeader,
  { sensitivityCpsPerMBq }: SpectKnowledge,
  derivation: string[],
): { scale: number; source: Source } {
  if (header.units === 'BQML') {
    derivation.push('Units BQML: values are Bq/ml');
    return { scale: 1, source: 'units' };
  }
  if (header.mapping !== null) {
    derivation.push(
      `${header.mapping.source}: ${significant(header.mapping.bqPerMlPerValue)} Bq/ml per value`,
    );
    return { scale: header.mapping.bqPerMlPerValue, source: 'mapping' };
  }
  if (sensitivityCpsPerMBq === undefined) {
    throw new NotQuantitative(
      'SPECT_NOT_CALIBRATED',
      'values are counts, and neither a Real World Value Mapping nor a sensitivity says how much activity they mean',
      'give the sensitivity of the camera for nuclide, collimator and reconstruction (cps/MBq), or send a quantitative reconstruction',
    );
  }
  const seconds = positive(header.acquisitionSeconds);
  if (seconds === null) {
    throw new NotQuantitative(
      'SPECT_DURATION_MISSING',
      'the duration of the acquisition is not written: counts cannot be turned into counts per second',
      'give the duration of the whole acquisition in seconds',
    );
  }
  const scale = 1e6 / (sensitivityCpsPerMBq * seconds * header.voxelMl);
  derivation.push(
    `acquisition ${significant(seconds)} s, ${header.acquisitionSecondsFrom}`,
    `Bq/ml per count = 1e6 Bq/MBq / (${sensitivityCpsPerMBq} cps/MBq · ${significant(seconds)} s · ${significant(header.voxelMl)} ml) = ${significant(scale)}`,
  );
  return { scale, source: 'sensitivity' };
}

interface Notes {
  readonly derivation: string[];
  readonly warnings: string[];
}

function decayToStart(
  header: SpectHeader,
  source: Source,
  halfLife: number | null,
  started: number | null,
  administered: number | null,
  { derivation, warnings }: Notes,
): number {
  if (halfLife === null) {
    throw new NotQuantitative(
      'SUV_HALF_LIFE_MISSING',
      'the nuclide is not named and no half-life is written',
      'export the series with its Radiopharmaceutical Information',
    );
  }
  const correction = correctionOf(header, warnings);
  if (correction === 'NONE') {
    const seconds = positive(header.acquisitionSeconds);
    if (seconds === null) {
      warnings.push('the duration of the acquisition is not written: decay during it is not corrected');
      return 1;
    }
    const lt = (Math.LN2 * seconds) / halfLife;
    const factor = lt / -Math.expm1(-lt);
    derivation.push(
      `not decay corrected: mean over ${significant(seconds)} s to its start, λT/(1−e^(−λT)) = ${significant(factor)}`,
    );
    return factor;
  }
  const reference =
    correction === 'ADMIN' ? administered : (decayReference(header, halfLife)?.seconds ?? started);
  if (reference === null || started === null) {
    throw new NotQuantitative(
      'SPECT_TIMES_MISSING',
      `values are corrected for decay to the ${correction === 'ADMIN' ? 'administration' : 'start'}, and its time or that of the acquisition is missing`,
      'export the series with its times, or give the time of administration',
    );
  }
  const factor = 2 ** (-(started - reference) / halfLife);
  derivation.push(
    `corrected for decay to ${formatSeconds(reference)} (${correction}): 2^(−${significant(started - reference)} s / ${halfLife} s) = ${significant(factor)} to the start of the acquisition`,
  );
  if (source === 'sensitivity')
    warnings.push(
      'counts are said to be corrected for decay; the sensitivity was applied to them as they are',
    );
  return factor;
}

/** NM has no attribute for the time that decay is corrected to: with DECY it is the start of the acquisition. */
function correctionOf(header: SpectHeader, warnings: string[]): 'START' | 'ADMIN' | 'NONE' {
  const stated = header.decayCorrection?.trim().toUpperCase();
  if (stated === 'START' || stated === 'ADMIN' || stated === 'NONE') return stated;
  if (!header.correctedImage.includes('DECY')) return 'NONE';
  warnings.push(
    'corrected for decay without saying to when; the start of the acquisition is assumed, as the standard has no other for NM',
  );
  return 'START';
}

/** SUV of an image in Bq/ml at the start of its acquisition. */
function suvAtStart(header: SpectHeader): SuvResult {
  const { slices, correctedImage } = header;
  const started = startOf(header);
  const at = slices.find(({ acquisitionDateTime }) => dateTimeSeconds(acquisitionDateTime) === started);
  const acquisitionDateTime = at?.acquisitionDateTime ?? header.seriesDateTime;
  const first = slices[0];
  return suvFactors({
    ...header,
    units: 'BQML',
    decayCorrection: 'START',
    correctedImage: [...correctedImage, 'DECY'],
    seriesDateTime: acquisitionDateTime,
    gePrivateScanDateTime: null,
    slices:
      first === undefined
        ? []
        : [{ ...first, acquisitionDateTime, frameReferenceTimeMs: null, frameDurationMs: null }],
  });
}

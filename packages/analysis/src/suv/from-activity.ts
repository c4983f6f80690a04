import { administrationTime, decayReference, meanDecayTime } from './decay-reference.ts';
import type { PetSlice } from './header.ts';
import { dateTimeSeconds, formatSeconds } from './local-time.ts';
import { findRadionuclide } from './radionuclides.ts';
import { isOutside, positive, Refused, significant, type Working } from './working.ts';

/** A total dose below this is megabecquerel written into an attribute that is defined in becquerel. */
const LOWEST_DOSE_BQ = 1e5;
/** Bands outside which a value is reported, not refused; beta emitters are given for therapy. */
const USUAL_DOSE_BQ: readonly [number, number] = [50e6, 1000e6];
const USUAL_THERAPY_BQ: readonly [number, number] = [50e6, 12_000e6];
const USUAL_FDG_UPTAKE_MIN: readonly [number, number] = [45, 120];

/** Bq/ml to SUVbw: weight over the decayed dose, by DecayCorrection. `scale` turns a value of a slice into Bq/ml. */
export function fromActivity(
  working: Working,
  scale: (slice: PetSlice, index: number) => number,
): Float64Array {
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
      `Decay Correction (0054,1102) is "${stated ?? ''}"; START, ADMIN or NONE is needed`,
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
  const { radionuclideCode, radionuclideMeaning } = working.header;
  const isTherapy = findRadionuclide(radionuclideCode, radionuclideMeaning)?.therapeutic === true;
  if (isOutside(doseBq, isTherapy ? USUAL_THERAPY_BQ : USUAL_DOSE_BQ)) {
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

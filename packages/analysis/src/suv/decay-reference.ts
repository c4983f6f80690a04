import type { PetHeader, PetSlice } from './header.ts';
import { DAY_S, dateTimeSeconds, formatSeconds, timeOfDaySeconds } from './local-time.ts';

/** Two estimates of the reference time that differ by more than this are reported. */
const AGREEMENT_S = 60;
/** Clocks of console and acquisition rarely agree better; below it a series start counts as not later. */
const CLOCK_TOLERANCE_S = 1;
/** Uptake beyond this many half-lives means that a date, not the uptake, is wrong. */
const PLAUSIBLE_HALF_LIVES = 12;

export interface TimeChoice {
  readonly seconds: number;
  readonly source: string;
  readonly warnings: readonly string[];
  readonly confident: boolean;
}

/**
 * Mean time of decay within a frame that starts at 0: T_ave = ln(λT / (1 − e^(−λT))) / λ, seconds.
 * The Frame Reference Time of a decay-corrected frame (PS3.3 C.8.9.4.1.4).
 */
export function meanDecayTime(halfLifeS: number, frameDurationS: number): number {
  const lambda = Math.LN2 / halfLifeS;
  const lt = lambda * frameDurationS;
  if (!(lt > 0)) return 0;
  return Math.log(lt / -Math.expm1(-lt)) / lambda;
}

function earliestAcquisition(slices: readonly PetSlice[]): number | null {
  let earliest: number | null = null;
  for (const slice of slices) {
    const seconds = dateTimeSeconds(slice.acquisitionDateTime);
    if (seconds !== null && (earliest === null || seconds < earliest)) earliest = seconds;
  }
  return earliest;
}

interface BackComputed {
  readonly seconds: number;
  /** The earliest frame of the series is the first of the scan, so the offsets can be checked against it. */
  readonly startsAtFirstFrame: boolean;
}

/**
 * Reference time from frame times: acquisition + T_ave − Frame Reference Time, where all frames agree.
 * Frames that disagree (GE writes one acquisition time for all beds) give no estimate.
 */
function backComputedReference(slices: readonly PetSlice[], halfLifeS: number): BackComputed | null {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  let firstOffset = Number.POSITIVE_INFINITY;
  for (const slice of slices) {
    const acquired = dateTimeSeconds(slice.acquisitionDateTime);
    if (acquired === null || slice.frameReferenceTimeMs === null || slice.frameDurationMs === null)
      return null;
    // Zero means "not filled in": the mean time of a frame is never its start.
    if (slice.frameReferenceTimeMs <= 0) return null;
    const mean = meanDecayTime(halfLifeS, slice.frameDurationMs / 1000);
    const reference = acquired + mean - slice.frameReferenceTimeMs / 1000;
    minimum = Math.min(minimum, reference);
    maximum = Math.max(maximum, reference);
    firstOffset = Math.min(firstOffset, slice.frameReferenceTimeMs / 1000 - mean);
    sum += reference;
    count += 1;
  }
  if (count === 0 || maximum - minimum > AGREEMENT_S) return null;
  return { seconds: sum / count, startsAtFirstFrame: Math.abs(firstOffset) <= AGREEMENT_S };
}

/** GE's private scan time; only its time of day where de-identification shifted its date apart from the others. */
function geReference(header: PetHeader, near: number | null): TimeChoice | null {
  const scan = dateTimeSeconds(header.gePrivateScanDateTime);
  if (scan === null) return null;
  const source = 'GE scan date-time (0009,xx0D)';
  if (near === null || Math.abs(scan - near) < DAY_S / 2) {
    return { seconds: scan, source, warnings: [], confident: true };
  }
  const days = Math.round((near - scan) / DAY_S);
  return {
    seconds: scan + days * DAY_S,
    source: `${source}, time of day only`,
    warnings: [
      `the GE scan date lies ${Math.abs(days)} day(s) from the series date; its time of day was used on the series date`,
    ],
    confident: true,
  };
}

/**
 * The time to which the pixels of a series with DecayCorrection START are corrected. In this order: GE's private
 * scan time; Series Date/Time where not later than the first acquisition (PS3.3 C.8.9.1.1.2, QIBA), unless the
 * frame times of a whole scan contradict it; the time computed back from the frames; the first acquisition.
 */
export function decayReference(header: PetHeader, halfLifeS: number): TimeChoice | null {
  const series = dateTimeSeconds(header.seriesDateTime);
  const acquisition = earliestAcquisition(header.slices);
  const ge = geReference(header, series ?? acquisition);
  const back = backComputedReference(header.slices, halfLifeS);
  const seriesIsStart =
    series !== null && (acquisition === null || series <= acquisition + CLOCK_TOLERANCE_S) ? series : null;

  if (ge !== null) return ge;
  if (seriesIsStart !== null) {
    const source = 'Series Date and Time';
    if (back === null || Math.abs(back.seconds - seriesIsStart) <= AGREEMENT_S) {
      return { seconds: seriesIsStart, source, warnings: [], confident: true };
    }
    const gap = Math.round(Math.abs(back.seconds - seriesIsStart));
    if (back.startsAtFirstFrame) {
      return {
        seconds: back.seconds,
        source: 'acquisition time and Frame Reference Time',
        warnings: [
          `Series Date and Time (${formatSeconds(seriesIsStart)}) differs by ${gap} s from the reference computed from the frames; the frames were used`,
        ],
        confident: false,
      };
    }
    return {
      seconds: seriesIsStart,
      source,
      warnings: [
        `the reference computed from the frame times (${formatSeconds(back.seconds)}) differs by ${gap} s from Series Date and Time, which was used`,
      ],
      confident: false,
    };
  }
  if (back !== null) {
    return {
      seconds: back.seconds,
      source: 'acquisition time and Frame Reference Time',
      warnings: [],
      confident: true,
    };
  }
  if (acquisition !== null) {
    return {
      seconds: acquisition,
      source: 'first Acquisition Date and Time',
      warnings: [
        'Series Date and Time is later than the first acquisition or absent; the first acquisition was used',
      ],
      confident: false,
    };
  }
  return null;
}

/**
 * When the tracer was given. The full date-time is preferred; a date that makes the uptake impossible (negative,
 * or beyond twelve half-lives: dates shifted in de-identification) is dropped for its time of day.
 */
export function administrationTime(
  header: PetHeader,
  referenceS: number,
  halfLifeS: number,
): TimeChoice | null {
  const longest = Math.max(PLAUSIBLE_HALF_LIVES * halfLifeS, 6 * 60);
  const full = dateTimeSeconds(header.injectionDateTime);
  if (full !== null && referenceS >= full && referenceS - full <= longest) {
    return { seconds: full, source: 'Radiopharmaceutical Start DateTime', warnings: [], confident: true };
  }
  const timeOfDay =
    timeOfDaySeconds(header.injectionTime) ?? (full === null ? null : ((full % DAY_S) + DAY_S) % DAY_S);
  if (timeOfDay === null) return null;
  const warnings: string[] = [];
  if (full !== null) {
    warnings.push(
      'the date of Radiopharmaceutical Start DateTime does not fit the scan; its time of day was used',
    );
  }
  let seconds = Math.floor(referenceS / DAY_S) * DAY_S + timeOfDay;
  if (seconds > referenceS) {
    seconds -= DAY_S;
    warnings.push('the injection is taken to be on the day before the scan (midnight lies between)');
  }
  const isLongLived = halfLifeS > DAY_S / 2;
  if (isLongLived)
    warnings.push('only a time of day is given for a long-lived nuclide: the day of injection is assumed');
  return {
    seconds,
    source:
      header.injectionTime === null ? 'time of day of the start date-time' : 'Radiopharmaceutical Start Time',
    warnings,
    confident: full === null && !isLongLived,
  };
}

import { type AttributePath, parseAttributePath } from './attribute-path.ts';
import type { MeasureName } from './condition.ts';
import type { StudySeries } from './facts.ts';
import type { Value } from './values.ts';

/** A number about the images of a series; undefined where they do not tell it. */
interface Measure {
  readonly paths: readonly AttributePath[];
  of(series: StudySeries): number | undefined;
}

const path = (text: string): AttributePath => {
  const parsed = parseAttributePath(text);
  if (typeof parsed === 'string') throw new TypeError(parsed);
  return parsed;
};

const FRAMES = path('NumberOfFrames');
const THICKNESS = path('SliceThickness');
const SHARED_THICKNESS = path('SharedFunctionalGroupsSequence.PixelMeasuresSequence.SliceThickness');
const SPACING = path('PixelSpacing');
const SHARED_SPACING = path('SharedFunctionalGroupsSequence.PixelMeasuresSequence.PixelSpacing');
const POSITION = path('ImagePositionPatient');
const ORIENTATION = path('ImageOrientationPatient');
const BIRTH = path('PatientBirthDate');
const AGE = path('PatientAge');
const DATE = path('StudyDate');
const CTDI_VOL = path('CTDIvol');

const DAYS_PER_YEAR = 365.25;
const DAY_MS = 86_400_000;
/** A gap this much wider than the usual one is a slice that is not there. */
const GAP = 1.5;

/** Data, so that further measures (noise, contrast) are further rows. */
export const measures: Readonly<Record<MeasureName, Measure>> = {
  numberOfImages: {
    paths: [FRAMES],
    of: (series) => series.instances.reduce((sum, { values }) => sum + (first(values, FRAMES) ?? 1), 0),
  },
  sliceThicknessMm: {
    paths: [THICKNESS, SHARED_THICKNESS],
    of: (series) => fromFirst(series, THICKNESS) ?? fromFirst(series, SHARED_THICKNESS),
  },
  pixelSpacingMm: {
    paths: [SPACING, SHARED_SPACING],
    of: (series) => fromFirst(series, SPACING) ?? fromFirst(series, SHARED_SPACING),
  },
  sliceSpacingMm: { paths: [POSITION, ORIENTATION], of: (series) => stackOf(series)?.gap },
  scanLengthMm: {
    paths: [POSITION, ORIENTATION],
    of(series) {
      const stack = stackOf(series);
      return stack === undefined ? undefined : stack.last - stack.first;
    },
  },
  missingSlices: {
    paths: [POSITION, ORIENTATION],
    of(series) {
      const stack = stackOf(series);
      if (stack === undefined || stack.gap === 0) return undefined;
      return stack.gaps.reduce(
        (sum, gap) => sum + (gap > GAP * stack.gap ? Math.round(gap / stack.gap) - 1 : 0),
        0,
      );
    },
  },
  /** From the dose report of the study where it was looked at, else from the image. */
  ctdiVolMgy: {
    paths: [CTDI_VOL],
    of: (series) => series.measured?.ctdiVolMgy ?? fromFirst(series, CTDI_VOL),
  },
  noise: { paths: [], of: (series) => series.measured?.noise },
  snr: { paths: [], of: (series) => series.measured?.snr },
  patientAgeYears: {
    paths: [AGE, BIRTH, DATE],
    of(series) {
      const values = series.instances[0]?.values;
      const born = dateOf(values?.get(BIRTH.text)?.[0]);
      const at = dateOf(values?.get(DATE.text)?.[0]);
      if (born !== undefined && at !== undefined && at >= born) return (at - born) / DAY_MS / DAYS_PER_YEAR;
      const age = /^(\d{3})([YMWD])$/.exec(String(values?.get(AGE.text)?.[0] ?? ''));
      const days = { Y: DAYS_PER_YEAR, M: DAYS_PER_YEAR / 12, W: 7, D: 1 }[age?.[2] ?? ''];
      return age === null || days === undefined ? undefined : (Number(age[1]) * days) / DAYS_PER_YEAR;
    },
  },
};

function first(
  values: ReadonlyMap<string, readonly Value[]> | undefined,
  at: AttributePath,
): number | undefined {
  const value = Number(values?.get(at.text)?.[0] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

const fromFirst = (series: StudySeries, at: AttributePath) => first(series.instances[0]?.values, at);

function dateOf(value: Value | undefined): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(String(value ?? ''));
  if (match === null) return undefined;
  const time = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return Number.isNaN(time) ? undefined : time;
}

interface Stack {
  readonly first: number;
  readonly last: number;
  readonly gaps: readonly number[];
  /** Median gap, mm. */
  readonly gap: number;
}

/** Positions along the normal of the first image (PS3.3 C.7.6.2.1.1), each counted once. */
function stackOf(series: StudySeries): Stack | undefined {
  const direction = numbers(series.instances[0]?.values.get(ORIENTATION.text), 6);
  if (direction === undefined) return undefined;
  const [ax, ay, az, bx, by, bz] = direction as [number, number, number, number, number, number];
  const normal = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx] as const;
  const along = series.instances.flatMap(({ values }) => {
    const position = numbers(values.get(POSITION.text), 3);
    return position === undefined
      ? []
      : [position.reduce((sum, mm, axis) => sum + mm * (normal[axis] ?? 0), 0)];
  });
  const places = [...new Set(along.map((mm) => Math.round(mm * 1000) / 1000))].sort((a, b) => a - b);
  if (places.length < 2) return undefined;
  const gaps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
  const sorted = gaps.toSorted((a, b) => a - b);
  return { first: places[0]!, last: places.at(-1)!, gaps, gap: sorted[Math.floor((sorted.length - 1) / 2)]! };
}

function numbers(values: readonly Value[] | undefined, count: number): number[] | undefined {
  const found = (values ?? []).map(Number);
  return found.length === count && found.every(Number.isFinite) ? found : undefined;
}

import { compareFactor, type SuvFactors, type SuvKind, type SuvResult } from '@photopeak/analysis';
import {
  type Instance,
  isSuvMapping,
  type ReadValueMapping,
  readFilePart10,
  readRealWorldValueMapping,
  UID,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';

/** A SUV factor that a Real World Value Mapping of the study states, against our own. */
export interface ForeignSuvFactor {
  readonly sopInstanceUid: string;
  readonly writer: string;
  readonly kind: SuvKind;
  /** Per rescaled value. */
  readonly factor: number;
  readonly ratio: number | null;
  readonly status: 'agrees' | 'differs' | 'not-comparable';
  readonly message: string;
}

const KIND_BY_UNIT: Record<string, SuvKind> = {
  'g/ml{SUVbw}': 'bw',
  'g/ml{SUVlbm}': 'lbmJames120',
  'g/ml{SUVlbm(James128)}': 'lbm',
  'g/ml{SUVlbm(Janma)}': 'lbmJanmahasatian',
  'cm2/ml{SUVbsa}': 'bsa',
  'g/ml{SUVibw}': 'ibw',
};

/** A PET series of the study: the rescale slope of each image by SOP Instance UID, and our own SUV. */
export interface QuantifiedSeries {
  readonly slopes: ReadonlyMap<string, number>;
  readonly suv: SuvResult;
}

/**
 * Compares the SUV factors of every Real World Value Mapping of the study with ours for the series it refers to. One
 * that states a factor for a series without SUV is held against the chosen PET, and is reported in any case.
 */
export function foreignSuvFactors(
  instances: readonly Instance[],
  pets: readonly QuantifiedSeries[],
  chosen: QuantifiedSeries | null,
): ForeignSuvFactor[] {
  const found: ForeignSuvFactor[] = [];
  for (const instance of instances) {
    if (instance.sopClassUid !== UID.RealWorldValueMappingStorage) continue;
    for (const { mapping, writer } of mappingsOf(instance)) {
      const compared = compareMapping(mapping, pets, chosen);
      if (compared !== null) found.push({ sopInstanceUid: instance.sopInstanceUid, writer, ...compared });
    }
  }
  return found.sort((a, b) =>
    a.sopInstanceUid < b.sopInstanceUid ? -1 : a.sopInstanceUid > b.sopInstanceUid ? 1 : 0,
  );
}

function mappingsOf(instance: Instance): { mapping: ReadValueMapping; writer: string }[] {
  try {
    const read = readRealWorldValueMapping(readFilePart10(instance.path).dataset);
    const writer = read.manufacturer ?? 'unknown writer';
    return read.mappings.filter(isSuvMapping).map((mapping) => ({ mapping, writer }));
  } catch (error) {
    if (error instanceof PhotopeakError) return [];
    throw error;
  }
}

type Compared = Omit<ForeignSuvFactor, 'sopInstanceUid' | 'writer'>;

function compareMapping(
  mapping: ReadValueMapping,
  pets: readonly QuantifiedSeries[],
  chosen: QuantifiedSeries | null,
): Compared | null {
  const kind = KIND_BY_UNIT[mapping.ucum ?? ''];
  if (kind === undefined || mapping.slope === undefined) return null;
  const series = pets.find(({ slopes }) => mapping.images.some((uid) => slopes.has(uid)));
  if (series === undefined) {
    const message = 'it refers to images that are not in this study';
    return { kind, factor: mapping.slope, ratio: null, status: 'not-comparable', message };
  }
  if (series.suv.status === 'ok') return compareReadings(kind, mapping, series, series.suv);
  const where = `it refers to a series whose SUV is not computable (${series.suv.reason})`;
  if (chosen === null || chosen.suv.status === 'refused') {
    return { kind, factor: mapping.slope, ratio: null, status: 'differs', message: where };
  }
  const against = compareFactor(chosen.suv, { kind, factor: mapping.slope });
  const ratio = against.status === 'not-comparable' ? null : against.ratio;
  const message =
    against.status === 'differs' ? `${where}; held against the chosen PET, ${against.message}` : where;
  return { kind, factor: mapping.slope, ratio, status: 'differs', message };
}

/**
 * By the standard a slope applies to stored values; some writers state the factor on rescaled values. The reading that
 * agrees is taken; where none does, the factor as written is reported.
 */
function compareReadings(
  kind: SuvKind,
  mapping: ReadValueMapping,
  series: QuantifiedSeries,
  ours: SuvFactors,
): Compared {
  const written = mapping.slope ?? Number.NaN;
  const image = mapping.images.find((uid) => series.slopes.has(uid)) ?? '';
  const onStored = written / (series.slopes.get(image) ?? 1);
  const readings = [written, onStored].map((factor) => ({
    factor,
    comparison: compareFactor(ours, { kind, factor }),
  }));
  const { factor, comparison } =
    readings.find((reading) => reading.comparison.status === 'agrees') ??
    (readings[0] as (typeof readings)[number]);
  return {
    kind,
    factor,
    ratio: comparison.status === 'not-comparable' ? null : comparison.ratio,
    status: comparison.status,
    message:
      comparison.status === 'agrees' ? `agrees with ours (SUV ${comparison.kind})` : comparison.message,
  };
}

import { compareFactor, type SuvKind, type SuvResult } from '@photopeak/analysis';
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

/** Rescale slopes of the images by SOP Instance UID, to turn a slope on stored values into a factor. */
type Slopes = ReadonlyMap<string, number>;

/**
 * Compares the SUV factors of every Real World Value Mapping that refers to the PET. By the standard its slope applies
 * to stored values; some writers state the factor on rescaled values: whichever of the two readings is closer to ours
 * is taken, so that only a real difference is reported.
 */
export function foreignSuvFactors(
  instances: readonly Instance[],
  slopes: Slopes,
  ours: SuvResult,
): ForeignSuvFactor[] {
  const found: ForeignSuvFactor[] = [];
  for (const instance of instances) {
    if (instance.sopClassUid !== UID.RealWorldValueMappingStorage) continue;
    for (const { mapping, writer } of mappingsOf(instance)) {
      const compared = compareMapping(mapping, slopes, ours);
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

function compareMapping(mapping: ReadValueMapping, slopes: Slopes, ours: SuvResult) {
  const kind = KIND_BY_UNIT[mapping.ucum ?? ''];
  const image = mapping.images.find((uid) => slopes.has(uid));
  if (kind === undefined || image === undefined || mapping.slope === undefined) return null;
  if (ours.status === 'refused') {
    return {
      kind,
      factor: mapping.slope,
      ratio: null,
      status: 'not-comparable' as const,
      message: ours.reason,
    };
  }
  const readings = [mapping.slope, mapping.slope / (slopes.get(image) ?? 1)].map((factor) => ({
    factor,
    comparison: compareFactor(ours, { kind, factor }),
  }));
  const distance = ({ comparison }: (typeof readings)[number]) =>
    comparison.status === 'not-comparable' ? 0 : Math.abs(Math.log(comparison.ratio));
  const best = readings.sort((a, b) => distance(a) - distance(b))[0];
  if (best === undefined) return null;
  const { comparison, factor } = best;
  return {
    kind,
    factor,
    ratio: comparison.status === 'not-comparable' ? null : comparison.ratio,
    status: comparison.status,
    message:
      comparison.status === 'agrees' ? `agrees with ours (SUV ${comparison.kind})` : comparison.message,
  };
}

import type { Dataset, Series } from '@photopeak/dicom';
import { isVolume, type SeriesFacts, type VolumeFacts } from '../pairing/index.ts';
import type { Finding } from '../pipeline.ts';

/** A chosen PET and CT with the header of their first instance. */
export interface CheckedSeries {
  readonly facts: SeriesFacts & { readonly volume: VolumeFacts };
  readonly header: Dataset;
}

export interface CheckedPair {
  readonly pet: CheckedSeries | null;
  readonly ct: CheckedSeries | null;
}

/**
 * Beyond these an examination is processed all the same, with a warning. Voxels and bed times after the EANM procedure
 * guidelines for tumour imaging with FDG (2015) with room for older scanners; the others are about what fusion needs.
 */
export const INPUT_LIMITS = {
  petPixelMm: 5.5,
  petSliceMm: 5.5,
  ctSliceMm: 5,
  /** Share of the PET from head to feet that the CT should cover. */
  coverage: 0.95,
  minutesApart: 60,
  tubeVoltageKv: [70, 150],
  shortestBedSeconds: 45,
} as const;

interface Check {
  readonly what: string;
  readonly remedy: string;
  /** The figures, or null where nothing is to be said. */
  readonly found: (pair: CheckedPair) => string | null;
}

const finding = (code: string, check: Check) => ({ code, ...check });

const mm = (value: number) => value.toFixed(1).replace(/\.0$/, '');

const CHECKS = [
  finding('INPUT_VOXEL_SIZE', {
    what: 'the voxels of the PET are large',
    remedy: 'small lesions are blurred: reconstruct with smaller voxels where the raw data is still there',
    found: ({ pet }) => {
      if (pet === null) return null;
      const { pixelSpacingMm, sliceSpacingMm } = pet.facts.volume;
      if (pixelSpacingMm <= INPUT_LIMITS.petPixelMm && sliceSpacingMm <= INPUT_LIMITS.petSliceMm) return null;
      return `${mm(pixelSpacingMm)} × ${mm(pixelSpacingMm)} × ${mm(sliceSpacingMm)} mm; up to ${INPUT_LIMITS.petPixelMm} mm are expected`;
    },
  }),
  finding('INPUT_CT_SLICES', {
    what: 'the slices of the CT are far apart',
    remedy: 'anatomy and alignment are less certain along the body: send thinner slices of the same CT',
    found: ({ ct }) =>
      ct === null || ct.facts.volume.sliceSpacingMm <= INPUT_LIMITS.ctSliceMm
        ? null
        : `every ${mm(ct.facts.volume.sliceSpacingMm)} mm; up to ${INPUT_LIMITS.ctSliceMm} mm are expected`,
  }),
  finding('INPUT_COVERAGE', {
    what: 'the CT does not cover the whole PET',
    remedy:
      'PET without CT has no anatomy and was perhaps not corrected for attenuation there: send the rest of the CT',
    found: ({ pet, ct }) => {
      if (pet === null || ct === null || pet.facts.frameOfReferenceUid !== ct.facts.frameOfReferenceUid)
        return null;
      const [low, high] = pet.facts.volume.headFeetMm;
      const [ctLow, ctHigh] = ct.facts.volume.headFeetMm;
      const slack = pet.facts.volume.sliceSpacingMm + ct.facts.volume.sliceSpacingMm;
      const covered =
        (Math.min(high, ctHigh + slack) - Math.max(low, ctLow - slack)) / Math.max(1, high - low);
      return covered >= INPUT_LIMITS.coverage
        ? null
        : `it covers ${Math.round(100 * Math.max(0, covered))} % from head to feet`;
    },
  }),
  finding('INPUT_TIME_APART', {
    what: 'PET and CT were not acquired together',
    remedy: 'make sure that both are of one examination and that the patient did not get up between them',
    found: ({ pet, ct }) => {
      const times = [pet?.facts.acquiredAt, ct?.facts.acquiredAt].map((at) => Date.parse(`${at}Z`));
      const minutes = Math.abs(times[0]! - times[1]!) / 60_000;
      return minutes > INPUT_LIMITS.minutesApart
        ? `${minutes < 180 ? `${Math.round(minutes)} minutes` : `${(minutes / 60).toFixed(1)} hours`} apart`
        : null;
    },
  }),
  finding('INPUT_POSITION_DIFFERS', {
    what: 'the patient lay differently for PET and CT',
    remedy:
      'look at the fused images with care: left and right, or head and feet, may be exchanged in one of them',
    found: ({ pet, ct }) => {
      const [a, b] = [pet, ct].map((series) => series?.header.text('PatientPosition') ?? '');
      return a === '' || b === '' || a === b ? null : `Patient Position ${a} on PET and ${b} on CT`;
    },
  }),
  finding('INPUT_CORRECTIONS', {
    what: 'the PET lacks corrections',
    remedy: 'SUV is too high or uneven without them: reconstruct the PET with all corrections',
    found: ({ pet }) => {
      const corrected = pet?.facts.pet?.correctedImage ?? [];
      if (pet === null || corrected.length === 0) return null;
      const missing = [
        ['scatter', ['SCAT']],
        ['randoms', ['RAN', 'RADL', 'DTIM']],
      ].flatMap(([what, terms]) =>
        (terms as readonly string[]).some((term) => corrected.includes(term)) ? [] : [what],
      );
      return missing.length === 0 ? null : `of ${missing.join(' and ')} (Corrected Image)`;
    },
  }),
  finding('INPUT_BED_TIME', {
    what: 'the PET is short',
    remedy: 'SUVmax is biased by noise; SUVpeak is less',
    found: ({ pet }) => {
      const seconds = (pet?.header.number('ActualFrameDuration') ?? Number.NaN) / 1000;
      return seconds > 0 && seconds < INPUT_LIMITS.shortestBedSeconds
        ? `${seconds.toFixed(0)} s a bed; ${INPUT_LIMITS.shortestBedSeconds} s and more are expected`
        : null;
    },
  }),
  finding('INPUT_TUBE_VOLTAGE', {
    what: 'the tube voltage of the CT is unusual',
    remedy: 'attenuation and Hounsfield units of contrast medium and bone depend on it',
    found: ({ ct }) => {
      const kv = ct?.header.number('KVP') ?? Number.NaN;
      const [low, high] = INPUT_LIMITS.tubeVoltageKv;
      return kv < low || kv > high ? `${kv} kV; ${low} to ${high} kV are expected` : null;
    },
  }),
];

/** What of the acquisition of PET and CT lets their fusion and quantification be trusted less. From headers alone. */
export function inputChecks(pair: CheckedPair): Finding[] {
  return CHECKS.flatMap(({ code, what, remedy, found }): Finding[] => {
    const figures = found(pair);
    return figures === null ? [] : [{ code, severity: 'warning', message: `${what}: ${figures}`, remedy }];
  });
}

/** The chosen series of a study as the checks take them. */
export function checkedSeries(
  chosen: SeriesFacts | undefined,
  facts: readonly SeriesFacts[],
  series: readonly Series[],
): CheckedSeries | null {
  const header = series[chosen === undefined ? -1 : facts.indexOf(chosen)]?.instances[0]?.dataset;
  return chosen === undefined || header === undefined || !isVolume(chosen) ? null : { facts: chosen, header };
}

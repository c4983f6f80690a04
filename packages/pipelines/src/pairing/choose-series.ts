import { isVolume, type SeriesFacts, type VolumeFacts } from './series-facts.ts';

export type VolumeSeries = SeriesFacts & { readonly volume: VolumeFacts };

export interface Choice {
  readonly series: SeriesFacts;
  readonly reason: string;
}

export interface Pairing {
  readonly pet: Choice | null;
  readonly ct: Choice | null;
  /** Every other series with the reason why it was not chosen. */
  readonly rejected: readonly Choice[];
  /** PET and CT share a Frame of Reference UID, so the scanner's own alignment may be used. */
  readonly frameOfReferenceShared: boolean;
}

/** A volume with fewer slices is a scout, a single key image or a test, not a study to quantify. */
const MINIMUM_SLICES = 5;
/** The stack must run roughly head to feet: |cos| of the angle between its normal and the body axis. */
const AXIAL_COSINE = 0.9;
/** Share of the PET's head-feet extent that the CT must cover. */
const MINIMUM_COVERAGE = 0.5;

/** One criterion of preference: higher is better; `says` is the reason it gives when it decides. */
export interface Criterion {
  readonly value: (series: VolumeSeries) => number;
  readonly says: string;
}

/**
 * The attenuation-corrected PET and its CT among all series of a study, with a reason for each series. Pure.
 * PET: a quantitative, attenuation-corrected, static volume; of several the one whose SUV can be computed, that
 * covers most of the patient, is original, has the finest slices and the lowest series number. CT: an axial volume
 * that covers the PET; of several the one in the PET's frame of reference, and so on.
 */
export function choosePetAndCt(all: readonly SeriesFacts[]): Pairing {
  const rejected: Choice[] = [];
  const reject = (series: SeriesFacts, reason: string) => rejected.push({ series, reason });

  const pets: VolumeSeries[] = [];
  const cts: VolumeSeries[] = [];
  for (const series of all) {
    const reason = unfit(series);
    if (reason !== null) reject(series, reason);
    else if (series.modality === 'PT') pets.push(series as VolumeSeries);
    else cts.push(series as VolumeSeries);
  }

  const pet = prefer(pets, petCriteria(), 'attenuation-corrected PET volume', reject);
  const ct = chooseAnatomical(cts, pet?.series ?? null, 'PET', 'axial CT volume', reject);
  return {
    pet,
    ct,
    rejected,
    frameOfReferenceShared: pet !== null && ct !== null && sharesFrame(ct.series, pet.series),
  };
}

/**
 * The anatomical series of an emission image (`emissionName`: PET, SPECT) among `all`, which are volumes: one that covers
 * it; of several the one in its frame of reference, and so on.
 */
export function chooseAnatomical(
  all: readonly VolumeSeries[],
  emission: SeriesFacts | null,
  emissionName: string,
  role: string,
  reject: (series: SeriesFacts, reason: string) => void,
): Choice | null {
  const covering = all.filter((series) => {
    if (emission === null || !isVolume(emission)) return true;
    const coverage = coveredShare(series.volume, emission.volume, sharesFrame(series, emission));
    if (coverage >= MINIMUM_COVERAGE) return true;
    reject(
      series,
      `covers ${Math.round(coverage * 100)} % of the ${emissionName} from head to feet; ${MINIMUM_COVERAGE * 100} % are needed`,
    );
    return false;
  });
  return prefer(covering, anatomicalCriteria(emission, emissionName), role, reject);
}

/** Why a series can be neither the PET nor the CT, or null. */
function unfit(series: SeriesFacts): string | null {
  if (series.isOwnResult) return 'a result of Photopeak, not an acquisition';
  if (series.modality !== 'PT' && series.modality !== 'CT')
    return `modality ${series.modality} is not PET or CT`;
  const reason = unfitVolume(series);
  if (reason !== null || series.modality === 'CT') return reason;
  return unfitPet(series);
}

/** Why a series is no axial volume of a patient, or null. */
export function unfitVolume(series: SeriesFacts): string | null {
  if (series.imageType.some((value) => value.toUpperCase() === 'LOCALIZER'))
    return 'a scout (Image Type LOCALIZER)';
  if ('reason' in series.volume) return series.volume.reason;
  if (series.volume.slices < MINIMUM_SLICES) {
    return `${series.volume.slices} slice(s); a volume of at least ${MINIMUM_SLICES} is needed`;
  }
  if (Math.abs(series.volume.normal[2]) < AXIAL_COSINE)
    return 'a reformatted stack that does not run from head to feet';
  return null;
}

function unfitPet(series: SeriesFacts): string | null {
  const pet = series.pet;
  if (pet === null) return 'a PET series without PET attributes';
  if (!pet.correctedImage.includes('ATTN') && pet.units !== 'GML') {
    return 'not attenuation corrected (Corrected Image without ATTN): shown, never quantified';
  }
  if (pet.units === 'PROPCNTS' || pet.units === 'PROPCPS') {
    return `Units ${pet.units} are not proportional to activity by a known factor: shown, never quantified`;
  }
  if (/\b(GATED|DYNAMIC)\b/i.test(pet.seriesType))
    return `a ${pet.seriesType.toLowerCase()} series; a static one is needed`;
  return null;
}

function petCriteria(): readonly Criterion[] {
  return [
    { value: ({ pet }) => (pet?.suv === 'computable' ? 1 : 0), says: 'its SUV can be computed' },
    {
      value: ({ imageType }) => (imageType[0]?.toUpperCase() === 'DERIVED' ? 0 : 1),
      says: 'it is original, not derived',
    },
    { value: ({ volume }) => Math.round(extent(volume) / 10), says: 'it covers more of the patient' },
    { value: ({ volume }) => -round(volume.sliceSpacingMm), says: 'its slices are finer' },
    { value: ({ volume }) => -round(volume.pixelSpacingMm), says: 'its pixels are finer' },
    ...tieBreakers,
  ];
}

function anatomicalCriteria(emission: SeriesFacts | null, name: string): readonly Criterion[] {
  const covered = (series: VolumeSeries) =>
    emission !== null && isVolume(emission)
      ? coveredShare(series.volume, emission.volume, sharesFrame(series, emission))
      : 1;
  return [
    {
      value: (series) => (emission !== null && sharesFrame(series, emission) ? 1 : 0),
      says: `it shares the frame of reference of the ${name}`,
    },
    {
      value: ({ imageType }) => (imageType[0]?.toUpperCase() === 'DERIVED' ? 0 : 1),
      says: 'it is original, not derived',
    },
    { value: (series) => Math.round(covered(series) * 20), says: `it covers more of the ${name}` },
    {
      value: ({ kernel }) => (isSharpKernel(kernel) ? 0 : 1),
      says: 'its kernel is a soft-tissue one',
    },
    {
      value: ({ acquiredAt }) => -minutesApart(acquiredAt, emission?.acquiredAt ?? null),
      says: `it was acquired closer to the ${name}`,
    },
    { value: ({ volume }) => -round(volume.sliceSpacingMm), says: 'its slices are finer' },
    ...tieBreakers,
  ];
}

export const tieBreakers: readonly Criterion[] = [
  { value: ({ instanceCount }) => instanceCount, says: 'it has more images' },
  {
    value: ({ seriesNumber }) => -(seriesNumber ?? Number.MAX_SAFE_INTEGER),
    says: 'its series number is lower',
  },
];

/** Picks by the first criterion that separates two series; the last resort is the order of their UIDs. */
export function prefer(
  candidates: readonly VolumeSeries[],
  criteria: readonly Criterion[],
  role: string,
  reject: (series: SeriesFacts, reason: string) => void,
): Choice | null {
  const ranked = [...candidates].sort((a, b) => {
    for (const { value } of criteria) {
      const difference = value(b) - value(a);
      if (difference !== 0) return difference;
    }
    return a.seriesInstanceUid < b.seriesInstanceUid ? -1 : 1;
  });
  const best = ranked[0];
  if (best === undefined) return null;
  const reasons = new Set<string>();
  for (const other of ranked.slice(1)) {
    const deciding = criteria.find(({ value }) => value(best) !== value(other));
    const says = deciding?.says ?? 'its UID sorts first (the series are equal otherwise)';
    reasons.add(says);
    reject(other, `another ${role} was preferred: ${says} (${label(best)})`);
  }
  const why =
    reasons.size === 0 ? `the only ${role}` : `preferred among ${ranked.length}: ${[...reasons].join('; ')}`;
  return { series: best, reason: why };
}

function label(series: SeriesFacts): string {
  return series.seriesNumber === null ? series.description : `series ${series.seriesNumber}`;
}

export function sharesFrame(a: SeriesFacts, b: SeriesFacts): boolean {
  return a.frameOfReferenceUid !== null && a.frameOfReferenceUid === b.frameOfReferenceUid;
}

export function extent(volume: VolumeFacts): number {
  return volume.headFeetMm[1] - volume.headFeetMm[0];
}

/**
 * Share of the PET's head-feet extent inside the CT's. In different frames of reference positions cannot be
 * compared, so the lengths are.
 */
function coveredShare(ct: VolumeFacts, pet: VolumeFacts, isSameFrame: boolean): number {
  const length = Math.max(extent(pet), pet.sliceSpacingMm);
  if (!isSameFrame) return Math.min(1, extent(ct) / length);
  const slack = ct.sliceSpacingMm + pet.sliceSpacingMm;
  const low = Math.max(ct.headFeetMm[0] - slack, pet.headFeetMm[0]);
  const high = Math.min(ct.headFeetMm[1] + slack, pet.headFeetMm[1]);
  return Math.max(0, Math.min(1, (high - low) / length));
}

/** Lung and bone kernels: GE names, Siemens numbers from 50 on, Philips and Canon letters. */
function isSharpKernel(kernel: string | null): boolean {
  if (kernel === null) return false;
  const name = kernel.toUpperCase();
  if (/LUNG|BONE|EDGE|DETAIL|SHARP/.test(name)) return true;
  const siemens = /^[A-Z]{1,2}(\d{2})/.exec(name);
  return siemens !== null && Number(siemens[1]) >= 50;
}

function minutesApart(a: string | null, b: string | null): number {
  if (a === null || b === null) return 0;
  const minutes = Math.abs(Date.parse(`${a}Z`) - Date.parse(`${b}Z`)) / 60_000;
  return Number.isFinite(minutes) ? Math.round(minutes) : 0;
}

const round = (value: number): number => Math.round(value * 100) / 100;

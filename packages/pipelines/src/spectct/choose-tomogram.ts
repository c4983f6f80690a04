import {
  type Choice,
  type Criterion,
  chooseAnatomical,
  extent,
  prefer,
  type SeriesFacts,
  sharesFrame,
  tieBreakers,
  unfitVolume,
  type VolumeSeries,
} from '../pairing/index.ts';

/** Facts of a series and what only matters for SPECT. */
export interface TomogramFacts {
  readonly facts: SeriesFacts;
  /** NM, or the PET object with a single-photon nuclide. */
  readonly isSpect: boolean;
  readonly isReconstructed: boolean;
  readonly attenuationCorrected: boolean;
  /** In Bq/ml without further knowledge. */
  readonly isQuantitative: boolean;
}

export interface SpectPairing {
  readonly spect: Choice | null;
  readonly ct: Choice | null;
  readonly rejected: readonly Choice[];
  readonly frameOfReferenceShared: boolean;
}

/**
 * The tomogram and its CT among the series of a study, with a reason for each series. Pure. SPECT: a reconstructed
 * volume; of several the one in Bq/ml, corrected for attenuation, that covers most, and so on. CT: as for PET.
 */
export function chooseSpectAndCt(all: readonly TomogramFacts[]): SpectPairing {
  const rejected: Choice[] = [];
  const reject = (series: SeriesFacts, reason: string) => rejected.push({ series, reason });
  const spects: VolumeSeries[] = [];
  const cts: VolumeSeries[] = [];
  for (const one of all) {
    const reason = unfit(one);
    if (reason !== null) reject(one.facts, reason);
    else if (one.isSpect) spects.push(one.facts as VolumeSeries);
    else cts.push(one.facts as VolumeSeries);
  }
  const of = (series: VolumeSeries) => all.find(({ facts }) => facts === series);
  const spect = prefer(spects, spectCriteria(of), 'reconstructed SPECT volume', reject);
  const ct = chooseAnatomical(cts, spect?.series ?? null, 'SPECT', 'axial CT volume', reject);
  return {
    spect,
    ct,
    rejected,
    frameOfReferenceShared: spect !== null && ct !== null && sharesFrame(ct.series, spect.series),
  };
}

function unfit({ facts, isSpect, isReconstructed }: TomogramFacts): string | null {
  if (facts.isOwnResult) return 'a result of Photopeak, not an acquisition';
  if (!isSpect && facts.modality !== 'CT') {
    return facts.modality === 'PT'
      ? 'a PET: its nuclide emits positrons or is not named'
      : `modality ${facts.modality} is neither SPECT nor CT`;
  }
  if (isSpect && !isReconstructed)
    return 'no reconstructed tomogram (Image Type without RECON): planar images or projections';
  return unfitVolume(facts);
}

function spectCriteria(of: (series: VolumeSeries) => TomogramFacts | undefined): readonly Criterion[] {
  return [
    { value: (series) => (of(series)?.isQuantitative ? 1 : 0), says: 'its values are Bq/ml' },
    {
      value: (series) => (of(series)?.attenuationCorrected ? 1 : 0),
      says: 'it is corrected for attenuation',
    },
    {
      value: ({ imageType }) => (imageType[0]?.toUpperCase() === 'DERIVED' ? 0 : 1),
      says: 'it is original, not derived',
    },
    { value: ({ volume }) => Math.round(extent(volume) / 10), says: 'it covers more of the patient' },
    { value: ({ volume }) => -Math.round(volume.pixelSpacingMm * 100), says: 'its pixels are finer' },
    ...tieBreakers,
  ];
}

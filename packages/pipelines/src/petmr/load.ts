import { loadSeriesVolume, type SeriesVolume } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { toFinding } from '../inspection/index.ts';
import type { PlaneSource } from '../objects/index.ts';
import { type SeriesKey, seriesOf } from '../petct-oncology/parts.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { toSuvInPlace } from '../study/index.ts';
import type { PetmrSelection } from './select-series.ts';

export interface LoadInput {
  readonly study: StudyInput;
  readonly selection: PetmrSelection;
}

export interface LoadedPetmr {
  /** SUVbw where it can be computed, else the series' own unit. */
  readonly pet: Volume | null;
  readonly isSuv: boolean;
  readonly mr: Volume | null;
  readonly petPlanes: readonly PlaneSource[];
  readonly mrPlanes: readonly PlaneSource[];
  readonly findings: readonly Finding[];
}

/** Reads the pixels of PET and of the MR that shows the body; the PET becomes SUVbw in place. */
export const loadPetmr: Step<LoadInput, LoadedPetmr> = {
  name: 'load-volumes',
  version: '1',
  resource: 'cpu',
  run: async ({ study, selection }, { progress, signal }) => {
    const findings: Finding[] = [];
    let done = 0;
    const load = async (key: SeriesKey | null): Promise<SeriesVolume | null> => {
      if (key === null) return null;
      const loaded = await loadSeriesVolume(seriesOf(study, key), { signal });
      findings.push(...loaded.findings.map(toFinding));
      done += 1;
      progress(done / 2, 'reading');
      return loaded;
    };
    const pet = await load(selection.pet);
    const mr = await load(selection.mr);
    const { suv } = selection;
    const isSuv = suv?.status === 'ok';
    return {
      pet:
        pet === null || selection.pet === null
          ? null
          : suv?.status === 'ok'
            ? toSuvInPlace(seriesOf(study, selection.pet), pet, suv)
            : pet.volume,
      isSuv,
      mr: mr?.volume ?? null,
      petPlanes: planes(pet),
      mrPlanes: planes(mr),
      findings,
    };
  },
};

const planes = (loaded: SeriesVolume | null): PlaneSource[] =>
  (loaded?.slices ?? []).map(({ path, frameNumber }) => ({ path, frameNumber }));

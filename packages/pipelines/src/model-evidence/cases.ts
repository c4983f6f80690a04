import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Dataset, groupSeries, loadSeriesVolume, type Series } from '@photopeak/dicom';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import type { ModelManifest } from '@photopeak/models';
import { type ImageFacts, imageFacts, unknownFacts } from '../enhancement/index.ts';
import { loadImage } from '../image-registration/load.ts';
import { isNifti } from '../measuring/masks.ts';
import { collectStudies, isOwnResult } from '../study/index.ts';

/** By what results are told apart. */
export const strataNames = ['scanner', 'protocol', 'kernel', 'sliceThickness'] as const;
export type Strata = Readonly<Record<(typeof strataNames)[number], string>>;

/** One image of the site that a model is tried on. */
export interface EvidenceCase {
  /** Series Instance UID, or the name of the NIfTI file without its ending. */
  readonly id: string;
  readonly strata: Strata;
  /** Header of the first instance; absent for NIfTI. */
  readonly header?: Dataset;
  readonly series?: Series;
  load(): Promise<{ readonly volume: Volume; readonly facts: ImageFacts }>;
}

const NIFTI_ENDING = /\.nii(\.gz)?$/i;
export const UNKNOWN = '(not told)';

/**
 * Every series of volumes of a modality that the model is for, in a folder with studies, and every NIfTI file of that
 * folder; sorted by their identity. Results of Photopeak are left out. Throws `EVIDENCE_NO_CASES`.
 */
export async function collectCases(folder: string, manifest: ModelManifest): Promise<EvidenceCase[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw noCases(folder, error instanceof Error ? error.message : String(error), manifest);
  });
  const files = names.filter(isNifti).map((name) => niftiCase(path.join(folder, name), manifest));
  const hasMore = files.length < names.length;
  const studies = hasMore
    ? await collectStudies(folder).catch(emptyWhere(files.length > 0))
    : { studies: [] };
  const series = studies.studies.flatMap((study) => groupSeries(study.instances));
  const fit = series.filter(
    ({ kind, modality, instances }) =>
      kind === 'volume' && manifest.modality.includes(modality) && !isOwnResult(instances[0]!.dataset),
  );
  const cases = [...files, ...fit.map(seriesCase)].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (cases.length === 0) throw noCases(folder, `${series.length} series, none of them fit`, manifest);
  return cases;
}

/** A folder that holds no DICOM beside its NIfTI files is no mistake. */
const emptyWhere = (isFine: boolean) => (error: unknown) => {
  if (!isFine) throw error;
  return { studies: [] };
};

const noCases = (where: string, found: string, { modality }: ModelManifest) =>
  new PhotopeakError('there are no cases for the model', {
    code: 'EVIDENCE_NO_CASES',
    expected: `a folder with series of ${modality.join(', ')}, or NIfTI files`,
    found,
    where,
    remedy: 'give the folder with the studies with --cases',
  });

function niftiCase(file: string, { modality }: ModelManifest): EvidenceCase {
  const id = path.basename(file).replace(NIFTI_ENDING, '');
  return {
    id,
    strata: { scanner: UNKNOWN, protocol: UNKNOWN, kernel: UNKNOWN, sliceThickness: UNKNOWN },
    async load() {
      const { volume } = await loadImage(file, undefined, []);
      return { volume, facts: unknownFacts(modality[0] ?? '', id, volume.unit) };
    },
  };
}

function seriesCase(series: Series): EvidenceCase {
  const header = series.instances[0]!.dataset;
  const facts = imageFacts(header, '');
  const scanner = [facts.manufacturer, facts.model].filter((part) => part !== null).join(' ');
  const { stack, seriesInstanceUid } = series;
  return {
    id: stack === undefined ? seriesInstanceUid : `${seriesInstanceUid} ${stack}`,
    strata: {
      scanner: scanner || UNKNOWN,
      protocol: facts.protocol ?? UNKNOWN,
      kernel: facts.kernel ?? UNKNOWN,
      sliceThickness: facts.sliceThicknessMm === null ? UNKNOWN : `${facts.sliceThicknessMm} mm`,
    },
    header,
    series,
    async load() {
      const { volume } = await loadSeriesVolume(series);
      return { volume, facts: imageFacts(header, volume.unit) };
    },
  };
}

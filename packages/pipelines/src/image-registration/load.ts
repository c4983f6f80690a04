import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { RegistrationKind } from '@photopeak/analysis';
import { type Dataset, groupSeries, loadSeriesVolume, type Series } from '@photopeak/dicom';
import { PhotopeakError, readNifti, type Volume } from '@photopeak/imaging';
import { toFinding } from '../inspection/index.ts';
import { isNifti } from '../measuring/masks.ts';
import { type Source, sourceOf } from '../objects/index.ts';
import type { Finding } from '../pipeline.ts';
import { collectStudies, isOwnResult, isRegistration } from '../study/index.ts';

/** One of the two images. */
export interface LoadedImage {
  readonly volume: Volume;
  /** Absent for NIfTI. */
  readonly series?: Series;
  readonly source?: Source;
  readonly description: string;
  /** Registration objects by other writers beside the images. */
  readonly registrations: readonly { readonly path: string; readonly header: Dataset }[];
}

function noImage(where: string, expected: string, found: string): PhotopeakError {
  return new PhotopeakError('there is no image to register', {
    code: 'REGISTER_NO_IMAGE',
    expected,
    found,
    where,
    remedy: 'check the path; where a folder holds several series, choose one (photopeak inspect lists them)',
  });
}

/** In the order in which a folder with several series is understood. */
const PREFERRED = ['CT', 'PT', 'MR', 'NM'];

function chooseSeries(
  all: readonly Series[],
  where: string,
  uid: string | undefined,
  findings: Finding[],
): Series {
  const volumes = all.filter(({ kind }) => kind === 'volume');
  if (uid !== undefined) {
    const found = volumes.find(({ seriesInstanceUid }) => seriesInstanceUid === uid);
    if (found === undefined) throw noImage(where, `series ${uid}`, `${volumes.length} volume series`);
    return found;
  }
  const rank = ({ modality }: Series) =>
    (PREFERRED.indexOf(modality) + PREFERRED.length + 1) % (PREFERRED.length + 1);
  const [first, ...others] = [...volumes].sort(
    (a, b) => rank(a) - rank(b) || b.instances.length - a.instances.length,
  );
  if (first === undefined) throw noImage(where, 'a series of slices', 'none');
  if (others.length > 0) {
    findings.push({
      code: 'REGISTER_SERIES_CHOSEN',
      severity: 'warning',
      message: `the folder holds ${volumes.length} series; ${first.modality} ${first.description ?? ''} is taken`,
      remedy: 'choose one with --fixed-series or --moving-series',
    });
  }
  return first;
}

/** NIfTI names no unit for HU: air tells. */
const AIR_BELOW_HU = -500;

function withUnit(volume: Volume): Volume {
  if (volume.unit !== '') return volume;
  let least = Infinity;
  for (let n = 0; n < volume.data.length; n++) if (volume.data[n]! < least) least = volume.data[n]!;
  return least < AIR_BELOW_HU ? { ...volume, unit: "[hnsf'U]" } : volume;
}

/** A NIfTI file, or the one series (or the chosen one) of a folder with DICOM files. */
export async function loadImage(
  where: string,
  uid: string | undefined,
  findings: Finding[],
): Promise<LoadedImage> {
  if (isNifti(where)) {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(where);
    } catch (error) {
      throw noImage(where, 'a NIfTI file', error instanceof Error ? error.message : String(error));
    }
    return { volume: withUnit(readNifti(bytes)), description: basename(where), registrations: [] };
  }
  const { studies } = await collectStudies(where);
  const instances = studies.flatMap((study) => study.instances);
  const series = chooseSeries(groupSeries(instances), where, uid, findings);
  const loaded = await loadSeriesVolume(series);
  findings.push(...loaded.findings.map(toFinding));
  const planes = loaded.slices.map(({ path, frameNumber }) => ({ path, frameNumber }));
  return {
    volume: loaded.volume,
    series,
    source: sourceOf(loaded.volume, planes),
    description: series.description ?? '',
    registrations: instances
      .filter(({ sopClassUid, dataset }) => isRegistration(sopClassUid) && !isOwnResult(dataset))
      .map(({ path, dataset }) => ({ path, header: dataset })),
  };
}

const KINDS: readonly (readonly [fixed: string, moving: string, kind: RegistrationKind])[] = [
  ['CT', 'CT', 'ct-ct'],
  ['CT', 'PT', 'pet-ct'],
  ['CT', 'NM', 'spect-ct'],
  ['CT', 'MR', 'mr-ct'],
  ['MR', 'PT', 'pet-mr'],
  ['MR', 'MR', 'mr-mr'],
  ['PT', 'PT', 'pet-pet'],
];

/** From the modalities, whichever is fixed; undefined where they do not say. */
export function kindOf(fixed: LoadedImage, moving: LoadedImage): RegistrationKind | undefined {
  const [a, b] = [fixed.series?.modality, moving.series?.modality];
  return KINDS.find(([x, y]) => (x === a && y === b) || (x === b && y === a))?.[2];
}

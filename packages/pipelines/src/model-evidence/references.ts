import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  groupSeries,
  type Instance,
  loadSeriesVolume,
  readFilePart10,
  readSegmentation,
  type Series,
  scanFolder,
  UID,
} from '@photopeak/dicom';
import { type Mask, PhotopeakError, readNifti, resample, sameGrid, type Volume } from '@photopeak/imaging';
import type { ModelManifest } from '@photopeak/models';
import type { EvidenceCase } from './cases.ts';
import { maskOf, type Reference } from './measures.ts';

/** What is true of the cases, as far as a folder says. */
export interface References {
  /** For one output of the model; null where the folder says nothing. */
  of(one: EvidenceCase, volume: Volume, output: ModelManifest['output'][number]): Promise<Reference>;
}

/**
 * A folder of references. NIfTI and JSON files bear the identity of their case (`ID.nii.gz`, `ID.json`); DICOM series
 * of the same study on the same grid stand for images, SEG of the same frame of reference for labels, by their codes.
 */
export async function openReferences(folder: string): Promise<References> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new PhotopeakError('the folder with the references cannot be read', {
      code: 'EVIDENCE_REFERENCE_UNREADABLE',
      found: error instanceof Error ? error.message : String(error),
      where: folder,
      remedy: 'give a folder with --reference',
    });
  });
  const { instances } = await scanFolder(folder);
  const volumes = groupSeries(instances).filter(({ kind }) => kind === 'volume');
  const segmentations = instances.filter(({ sopClassUid }) => sopClassUid === UID.SegmentationStorage);
  const fileOf = (id: string, ...endings: string[]) => {
    const found = endings.map((ending) => `${id}${ending}`).find((name) => names.includes(name));
    return found === undefined ? undefined : path.join(folder, found);
  };
  return {
    async of(one, volume, output) {
      if (output.kind === 'scalar') {
        const file = fileOf(one.id, '.json');
        return file === undefined ? null : { kind: 'scalar', values: await numbersIn(file) };
      }
      const file = fileOf(one.id, '.nii.gz', '.nii');
      if (output.kind === 'image') {
        const truth =
          file === undefined ? await imageOf(volumes, one, volume) : readNifti(await readFile(file));
        return truth === undefined ? null : { kind: 'image', volume: { ...truth, unit: volume.unit } };
      }
      if (output.kind !== 'labels') return null;
      const masks =
        file === undefined
          ? await masksOf(segmentations, one, volume, output)
          : await masksIn(readNifti(await readFile(file)), volume, output);
      return masks === undefined ? null : { kind: 'labels', masks };
    },
  };
}

async function numbersIn(file: string): Promise<Record<string, number>> {
  let told: unknown;
  try {
    told = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new PhotopeakError('a file of references cannot be read', {
      code: 'EVIDENCE_REFERENCE_UNREADABLE',
      expected: 'an object of names and numbers as JSON',
      found: error instanceof Error ? error.message : String(error),
      where: file,
      remedy: 'mend the file, or take it away: then the case has no reference',
    });
  }
  const entries = Object.entries(typeof told === 'object' && told !== null ? told : {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

async function imageOf(
  volumes: readonly Series[],
  { series }: EvidenceCase,
  volume: Volume,
): Promise<Volume | undefined> {
  if (series === undefined) return undefined;
  for (const candidate of volumes) {
    const isSame = candidate.seriesInstanceUid === series.seriesInstanceUid;
    if (
      candidate.studyInstanceUid !== series.studyInstanceUid ||
      candidate.modality !== series.modality ||
      isSame
    )
      continue;
    if (candidate.slices.length !== series.slices.length) continue;
    const { volume: truth } = await loadSeriesVolume(candidate);
    if (sameGrid(truth, volume)) return truth;
  }
  return undefined;
}

type LabelOutput = Extract<ModelManifest['output'][number], { kind: 'labels' }>;

/** A label map with the values of model.yaml. */
async function masksIn(map: Volume, volume: Volume, { labels }: LabelOutput): Promise<Map<string, Mask>> {
  const onGrid = sameGrid(map, volume)
    ? map
    : await resample(map, { grid: volume, interpolation: 'nearest', outside: 0 });
  return new Map(Object.entries(labels).map(([value, { name }]) => [name, maskOf(onGrid, Number(value))]));
}

async function masksOf(
  segmentations: readonly Instance[],
  { series }: EvidenceCase,
  volume: Volume,
  { labels }: LabelOutput,
): Promise<Map<string, Mask> | undefined> {
  const fit = segmentations.find(
    ({ dataset }) => dataset.text('FrameOfReferenceUID') === series?.frameOfReferenceUid,
  );
  if (fit === undefined || series?.frameOfReferenceUid === undefined) return undefined;
  const segmentation = await readSegmentation(readFilePart10(fit.path));
  const masks = new Map<string, Mask>();
  for (const { name, type } of Object.values(labels)) {
    const segment = segmentation.segments.find(
      (one) => one.type?.value === type.value && one.type.scheme === type.scheme,
    );
    if (segment !== undefined) masks.set(name, segmentation.mask(segment.number, { grid: volume }));
  }
  return masks;
}

import { createHash } from 'node:crypto';
import {
  type Dataset,
  type ObjectContext,
  type SourceImages,
  uidFrom,
  uniqueStructureNames,
} from '@photopeak/dicom';
import { type Mask, PhotopeakError } from '@photopeak/imaging';
import type { Finding } from '../pipeline.ts';
import { equipmentOf, newestTime } from '../study/index.ts';

export type ContourTarget = 'rtstruct' | 'seg' | 'nifti';

export interface ConversionInput {
  /** DICOM SEG or RTSTRUCT. */
  readonly file: string;
  readonly to: ContourTarget;
  /** Folder with the images that it belongs to; NIfTI of an RTSTRUCT can do without. */
  readonly images?: string;
  /** Only structures of these names or labels, letter case does not count. */
  readonly names?: readonly string[];
  readonly toleranceVoxels?: number;
  readonly holes?: 'keyhole' | 'xor';
  /** Voxels of NIfTI masks where no images say which, mm in the planes of the contours. Default 1. */
  readonly spacingMm?: number;
  /** Content time; default the newest time of the input. */
  readonly at?: string;
}

export interface ConvertedFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

export interface Conversion {
  readonly files: readonly ConvertedFile[];
  readonly structures: readonly {
    readonly name: string;
    readonly contours: number | null;
    readonly volumeMl: number;
  }[];
  readonly findings: readonly Finding[];
}

const VERSION = '0.1.0';
const MM3_PER_ML = 1000;
/** Far from what scanners use, and from the results of pipelines. */
const SERIES_NUMBER = 9600;

export const note = (message: string): Finding => ({ code: 'CONTOURS_NOTE', severity: 'warning', message });

/** Those of the wanted names. Throws CONTOURS_NO_STRUCTURE. */
export function chosen<T>(
  all: readonly T[],
  nameOf: (one: T) => string,
  input: ConversionInput,
): readonly T[] {
  const wanted = input.names?.map((name) => name.toLowerCase());
  const found = all.filter((one) => wanted?.includes(nameOf(one).toLowerCase()) ?? true);
  if (found.length > 0) return found;
  throw new PhotopeakError('there is no structure to convert', {
    code: 'CONTOURS_NO_STRUCTURE',
    expected: wanted?.join(', ') ?? 'an object with structures',
    found: all.map(nameOf).join(', '),
    where: input.file,
  });
}

export function voxelsMl({ data, spacingMm: [x, y, z] }: Mask): number {
  let count = 0;
  for (let n = 0; n < data.length; n++) if (data[n] !== 0) count++;
  return (count * x * y * z) / MM3_PER_ML;
}

/** What the result of a conversion carries: UIDs from its input, so that a repeat is the same object. */
export function context(
  input: ConversionInput,
  source: SourceImages,
  object: Dataset,
  description: string,
): ObjectContext {
  const identity = createHash('sha256')
    .update(`${input.to} ${input.toleranceVoxels ?? ''} ${input.holes ?? ''} ${input.names?.join() ?? ''}`)
    .update(`${object.text('SOPInstanceUID')} ${source.header.text('SeriesInstanceUID')}`)
    .digest('hex');
  return {
    source: source.header,
    equipment: equipmentOf({ name: 'photopeak contours', version: VERSION }),
    seriesInstanceUid: uidFrom(identity, 'series'),
    sopInstanceUid: uidFrom(identity, 'instance'),
    seriesNumber: SERIES_NUMBER,
    seriesDescription: description,
    at: input.at ?? newestTime([object, source.header]),
  };
}

/** One file for each mask, under names of their own. */
export function masksAsFiles(
  converted: readonly { name: string; contours: number | null; volumeMl: number; bytes: Uint8Array }[],
): Pick<Conversion, 'files' | 'structures'> {
  const names = uniqueStructureNames(converted.map(({ name }) => name));
  return {
    files: converted.map(({ bytes }, index) => ({ fileName: `${names[index]}.nii.gz`, bytes })),
    structures: converted.map(({ contours, volumeMl }, index) => ({
      name: names[index]!,
      contours,
      volumeMl,
    })),
  };
}

export function noImages(input: ConversionInput): PhotopeakError {
  return new PhotopeakError('the images that the object belongs to are needed', {
    code: 'CONTOURS_NO_IMAGES',
    expected: 'a folder with the DICOM images',
    found: 'none',
    where: input.file,
    remedy: 'give it with --images FOLDER',
  });
}

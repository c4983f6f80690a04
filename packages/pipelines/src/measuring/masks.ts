import { readFile } from 'node:fs/promises';
import { contoursToMask } from '@photopeak/analysis';
import {
  type InstanceReference,
  readFilePart10,
  readSegmentation,
  readStructureSet,
  UID,
} from '@photopeak/dicom';
import {
  type Grid,
  type Mask,
  maskWhere,
  PhotopeakError,
  readNifti,
  resample,
  sameGrid,
  type Volume,
} from '@photopeak/imaging';

/** A region of a segmentation, as a mask on the grid of the image that is measured. */
export interface NamedMask {
  readonly number: number;
  readonly label: string;
  /** Made when it is needed: a segmentation of a hundred organs never holds a hundred masks. */
  mask(): Promise<Mask>;
}

export interface ReadMasks {
  readonly kind: 'SEG' | 'RTSTRUCT' | 'NIfTI';
  readonly masks: readonly NamedMask[];
  /** Images that the segmentation says it belongs to, by series; empty for NIfTI. */
  readonly seriesInstanceUids: readonly string[];
  readonly frameOfReferenceUids: readonly string[];
}

export const isNifti = (file: string): boolean => /\.nii(\.gz)?$/i.test(file);

/** Reads a SEG, an RTSTRUCT or a NIfTI label map of any writer. Throws `MEASURE_SEGMENTATION_UNKNOWN` and what reading throws. */
export async function readMasks(file: string, grid: Grid): Promise<ReadMasks> {
  if (isNifti(file)) return niftiMasks(readNifti(await readMaskFile(file)), grid);
  const image = readFilePart10(file);
  const sopClass = image.dataset.text('SOPClassUID');
  if (sopClass === UID.RTStructureSetStorage) {
    const set = readStructureSet(image.dataset);
    return {
      kind: 'RTSTRUCT',
      masks: set.rois.map((roi) => ({
        number: roi.number,
        label: roi.name,
        mask: async () => contoursToMask(roi.contours, grid),
      })),
      seriesInstanceUids: set.seriesInstanceUids,
      frameOfReferenceUids: set.frameOfReferenceUids,
    };
  }
  if (sopClass === UID.SegmentationStorage || sopClass === LABEL_MAP) {
    const segmentation = await readSegmentation(image);
    return {
      kind: 'SEG',
      masks: segmentation.segments.map(({ number, label }) => ({
        number,
        label,
        mask: async () => segmentation.mask(number, { grid }),
      })),
      seriesInstanceUids: [
        ...new Set(
          segmentation.references.map((reference: InstanceReference) => reference.seriesInstanceUid),
        ),
      ],
      frameOfReferenceUids:
        segmentation.frameOfReferenceUid === undefined ? [] : [segmentation.frameOfReferenceUid],
    };
  }
  throw new PhotopeakError('the file is no segmentation', {
    code: 'MEASURE_SEGMENTATION_UNKNOWN',
    expected: 'a DICOM SEG or RTSTRUCT, or a NIfTI mask (.nii, .nii.gz)',
    found: sopClass === undefined ? 'a file without SOP class' : `SOP class ${sopClass}`,
    where: file,
    remedy: 'give the segmentation with --segmentation FILE',
  });
}

async function readMaskFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new PhotopeakError('the segmentation cannot be read', {
      code: 'MEASURE_SEGMENTATION_UNREADABLE',
      found: error instanceof Error && 'code' in error ? String(error.code) : String(error),
      where: file,
      remedy: 'check the path',
    });
  }
}

const LABEL_MAP = '1.2.840.10008.5.1.4.1.1.66.7';

/** A mask on the voxels that are measured: a voxel belongs to it where its centre does. */
async function onGrid(mask: Mask, grid: Grid): Promise<Mask> {
  if (sameGrid(mask, grid)) return mask;
  return resample(mask, { grid, interpolation: 'nearest', outside: 0 });
}

/** Each value of a NIfTI label map is a region; a mask of zeros and ones is one. */
function niftiMasks(volume: Volume, grid: Grid): ReadMasks {
  const values = [...new Set(volume.data as Iterable<number>)]
    .filter((value) => value !== 0)
    .sort((a, b) => a - b);
  if (values.length > MOST_LABELS || values.some((value) => !Number.isInteger(value) || value < 0)) {
    throw new PhotopeakError('the NIfTI file is no label map', {
      code: 'MEASURE_SEGMENTATION_UNKNOWN',
      expected: `at most ${MOST_LABELS} whole positive values`,
      found: `${values.length} different values`,
      remedy: 'give a mask or a label map, not an image',
    });
  }
  return {
    kind: 'NIfTI',
    masks: values.map((value) => ({
      number: value,
      label: `label ${value}`,
      mask: () => {
        return onGrid(
          maskWhere(volume, (voxel) => voxel === value),
          grid,
        );
      },
    })),
    seriesInstanceUids: [],
    frameOfReferenceUids: [],
  };
}

const MOST_LABELS = 1000;

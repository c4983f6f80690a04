import { type Dataset, Tag } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';

/** The Image Pixel attributes (PS3.3 C.7.6.3), checked once so that decoding can trust them. */
export interface ImagePixel {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  readonly bitsAllocated: 1 | 8 | 16 | 32 | 64;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** 0: R1G1B1R2G2B2…, 1: all of R, then G, then B. */
  readonly planar: boolean;
  readonly photometric: string;
  /** Float and Double Float Pixel Data hold IEEE numbers. */
  readonly float: boolean;
}

const MAX_FRAMES = 1_000_000;

function invalid(name: string, expected: string, found: unknown): Error {
  return dicomError('DICOM_PIXEL_DATA_INVALID', `${name} does not describe an image`, {
    where: name,
    expected,
    found: String(found),
  });
}

function whole(dataset: Dataset, name: 'Rows' | 'Columns'): number {
  const value = dataset.number(name);
  if (value === undefined || !Number.isInteger(value) || value < 1) throw invalid(name, '1 to 65535', value);
  return value;
}

/** Reads and checks the Image Pixel attributes. @throws DICOM_PIXEL_DATA_INVALID, DICOM_PIXEL_TYPE_UNSUPPORTED. */
export function imagePixel(dataset: Dataset): ImagePixel {
  const rows = whole(dataset, 'Rows');
  const columns = whole(dataset, 'Columns');
  const frames = dataset.number('NumberOfFrames') ?? 1;
  if (!Number.isInteger(frames) || frames < 0 || frames > MAX_FRAMES) {
    throw invalid('NumberOfFrames', `at most ${MAX_FRAMES}`, frames);
  }
  const float = dataset.has(Tag.FloatPixelData) || dataset.has(Tag.DoubleFloatPixelData);
  const fallbackBits = dataset.has(Tag.DoubleFloatPixelData) ? 64 : 32;
  const bitsAllocated = dataset.number('BitsAllocated') ?? (float ? fallbackBits : undefined);
  if (
    bitsAllocated !== 1 &&
    bitsAllocated !== 8 &&
    bitsAllocated !== 16 &&
    bitsAllocated !== 32 &&
    bitsAllocated !== 64
  ) {
    throw dicomError('DICOM_PIXEL_TYPE_UNSUPPORTED', 'Bits Allocated is not one that images use', {
      where: 'BitsAllocated',
      expected: '1, 8, 16, 32 or 64',
      found: String(bitsAllocated),
    });
  }
  const samples = dataset.number('SamplesPerPixel') ?? 1;
  if (samples !== 1 && samples !== 3) {
    throw dicomError('DICOM_PIXEL_TYPE_UNSUPPORTED', 'Samples per Pixel is not one that images use', {
      where: 'SamplesPerPixel',
      expected: '1 or 3',
      found: String(samples),
    });
  }
  // More stored than allocated bits is a known error of writers; what is allocated is what can be there.
  const bitsStored = Math.min(dataset.number('BitsStored') ?? bitsAllocated, bitsAllocated);
  if (!Number.isInteger(bitsStored) || bitsStored < 1)
    throw invalid('BitsStored', `1 to ${bitsAllocated}`, bitsStored);
  const declaredHighBit = dataset.number('HighBit') ?? bitsStored - 1;
  const highBit =
    declaredHighBit >= bitsStored - 1 && declaredHighBit < bitsAllocated ? declaredHighBit : bitsStored - 1;
  return {
    rows,
    columns,
    frames: Math.max(1, frames),
    samples,
    bitsAllocated,
    bitsStored,
    highBit,
    signed: dataset.number('PixelRepresentation') === 1,
    planar: dataset.number('PlanarConfiguration') === 1,
    photometric: dataset.text('PhotometricInterpretation') ?? (samples === 3 ? 'RGB' : 'MONOCHROME2'),
    float,
  };
}

import type { Dataset } from '../../data/index.ts';
import type { Report } from '../problem.ts';

const SECTION = 'PS3.3 C.7.6.3 Image Pixel';

/** Bits, high bit, and the length of uncompressed pixel data agree. */
export function checkPixels(object: Dataset, report: Report): void {
  const number = (keyword: 'Rows' | 'Columns' | 'BitsAllocated' | 'BitsStored' | 'HighBit') =>
    object.number(keyword);
  const [rows, columns, allocated] = [number('Rows'), number('Columns'), number('BitsAllocated')];
  const [stored, high] = [number('BitsStored'), number('HighBit')];
  if (stored !== undefined && allocated !== undefined && stored > allocated) {
    report({
      code: 'PIXELS_INCONSISTENT',
      where: 'BitsStored',
      message: 'more bits are stored than allocated',
      section: SECTION,
    });
  }
  if (stored !== undefined && high !== undefined && high !== stored - 1) {
    report({
      code: 'PIXELS_INCONSISTENT',
      where: 'HighBit',
      message: 'is not Bits Stored less one',
      section: SECTION,
    });
  }
  const bytes = object.bytes('PixelData');
  if (bytes === undefined || rows === undefined || columns === undefined || allocated === undefined) return;
  const frames = object.number('NumberOfFrames') ?? 1;
  const bits = rows * columns * frames * (object.number('SamplesPerPixel') ?? 1) * allocated;
  const exact = Math.ceil(bits / 8);
  const expected = exact + (exact & 1);
  if (bytes.length !== expected && bytes.length !== exact) {
    report({
      code: 'PIXELS_INCONSISTENT',
      where: 'PixelData',
      message: `has ${bytes.length} bytes; rows, columns, frames and bits make ${expected}`,
      section: SECTION,
    });
  }
}

const UNIT_TOLERANCE = 1e-3;

/** True for two orthogonal unit vectors. */
export function isOrientation(values: readonly number[]): boolean {
  if (values.length !== 6 || !values.every(Number.isFinite)) return false;
  const [a, b] = [values.slice(0, 3), values.slice(3)];
  const dot = a.reduce((sum, value, axis) => sum + value * b[axis]!, 0);
  return (
    Math.abs(Math.hypot(...a) - 1) < UNIT_TOLERANCE &&
    Math.abs(Math.hypot(...b) - 1) < UNIT_TOLERANCE &&
    Math.abs(dot) < UNIT_TOLERANCE
  );
}

export function checkOrientation(item: Dataset | undefined, path: string, report: Report): void {
  const values = item?.numbers('ImageOrientationPatient') ?? [];
  if (values.length > 0 && !isOrientation(values)) {
    report({
      code: 'GEOMETRY_INVALID',
      where: `${path}ImageOrientationPatient`,
      message: 'row and column direction are not two orthogonal unit vectors',
      section: 'PS3.3 C.7.6.2.1.1',
    });
  }
}

export function checkSpacing(item: Dataset | undefined, path: string, report: Report): void {
  const values = item?.numbers('PixelSpacing') ?? [];
  if (values.some((value) => !(value > 0))) {
    report({
      code: 'GEOMETRY_INVALID',
      where: `${path}PixelSpacing`,
      message: 'must be positive',
      section: 'PS3.3 10.7.1.3 Pixel Spacing',
    });
  }
}

/** A slice with its own plane. */
export function checkPlane(object: Dataset, report: Report): void {
  checkOrientation(object, '', report);
  checkSpacing(object, '', report);
}

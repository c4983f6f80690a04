import { decodeFrames, type ImageFile, imagePixel } from '../codecs/index.ts';
import { Dataset, UID } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import { writePart10 } from '../write/index.ts';
import { type Area, type BurnedInRegion, burnedInRegions, burnedInText } from './burned-in-regions.ts';
import { type DeidentificationContext, deidentify } from './deidentify.ts';
import type { DeidentificationProfile } from './profile.ts';

export interface PixelContext extends DeidentificationContext {
  /** Regions of the site's own devices; they are looked at before the built-in ones. */
  readonly regions?: readonly BurnedInRegion[];
}

/**
 * De-identifies a whole object: the data set by `deidentify`, preamble and file meta information written anew, and
 * with the Clean Pixel Data option burned-in text blanked in every frame. Frames that are blanked are written
 * uncompressed; all others keep their bytes.
 *
 * @throws DICOM_BURNED_IN_TEXT where text may be burned in and nobody knows where.
 */
export async function deidentifyPart10(
  file: ImageFile,
  profile: DeidentificationProfile,
  context: PixelContext,
): Promise<{ readonly bytes: Uint8Array; readonly dataset: Dataset; readonly transferSyntaxUid: string }> {
  const cleaned = profile.options.includes('clean-pixel-data') ? await cleanPixels(file, context) : file;
  const dataset = deidentify(cleaned.dataset, profile, context);
  const transferSyntaxUid =
    cleaned.transferSyntaxUid === UID.ExplicitVRBigEndian || cleaned.transferSyntaxUid === ''
      ? UID.ExplicitVRLittleEndian
      : cleaned.transferSyntaxUid;
  return { bytes: writePart10({ dataset, transferSyntaxUid }), dataset, transferSyntaxUid };
}

async function cleanPixels(file: ImageFile, context: PixelContext): Promise<ImageFile> {
  const { dataset } = file;
  const found = burnedInText(dataset, context.regions ?? []);
  const text = found.kind === 'areas' ? found : burnedInText(dataset, burnedInRegions);
  if (text.kind === 'unknown') {
    throw dicomError('DICOM_BURNED_IN_TEXT', 'The image may show text and it is not known where', {
      where: `${dataset.text('Modality') ?? 'image'} of ${dataset.text('ManufacturerModelName') ?? 'an unnamed device'}, ${dataset.number('Columns')} x ${dataset.number('Rows')}`,
      expected: 'Burned In Annotation NO, ultrasound regions, or a region for this device',
    });
  }
  const copy = new Dataset();
  for (const element of dataset) copy.setElement(element);
  if (dataset.has('PixelData')) copy.set('BurnedInAnnotation', 'NO');
  if (text.kind === 'none' || text.areas.length === 0) return { ...file, dataset: copy };
  const pixel = imagePixel(dataset);
  const frames = await decodeFrames(file, { colour: 'stored' });
  const blanked = frames.map(({ data, rows, columns, samples }) => {
    const out = data.slice();
    const inside = mask(text.areas, rows, columns);
    const blankInside = text.kind === 'areas';
    for (let i = 0; i < rows * columns; i++) {
      if ((inside[i] === 1) === blankInside) out.fill(0, i * samples, (i + 1) * samples);
    }
    return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  });
  const bytes = Buffer.concat(blanked);
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  for (const keyword of ['ExtendedOffsetTable', 'ExtendedOffsetTableLengths'] as const) copy.delete(keyword);
  copy.set('PixelData', even, pixel.bitsAllocated > 8 ? 'OW' : 'OB');
  copy.set('HighBit', pixel.bitsStored - 1);
  copy.set('PhotometricInterpretation', frames[0]!.photometric);
  if (pixel.samples === 3) copy.set('PlanarConfiguration', 0);
  return { dataset: copy, transferSyntaxUid: UID.ExplicitVRLittleEndian };
}

function mask(areas: readonly Area[], rows: number, columns: number): Uint8Array {
  const inside = new Uint8Array(rows * columns);
  for (const [left, top, width, height] of areas) {
    const right = Math.min(columns, left + width);
    const bottom = Math.min(rows, top + height);
    for (let y = Math.max(0, top); y < bottom; y++)
      inside.fill(1, y * columns + Math.max(0, left), y * columns + right);
  }
  return inside;
}

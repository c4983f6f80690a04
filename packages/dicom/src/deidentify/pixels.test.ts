import { describe, expect, it } from 'vitest';
import { decodeFrame, transcodePart10 } from '../codecs/index.ts';
import { Dataset, Tag, UID } from '../data/index.ts';
import { parsePart10 } from '../read/index.ts';
import { writePart10 } from '../write/index.ts';
import { createPseudonyms, deidentifyPart10 } from './index.ts';
import { withoutComments } from './pixel-comments.ts';

const context = { pseudonyms: createPseudonyms('a secret key of this test') };
const profile = { options: ['clean-pixel-data'] as const };

function picture(more: Parameters<typeof Dataset.of>[0] = {}) {
  const dataset = Dataset.of({
    SOPClassUID: UID.UltrasoundImageStorage,
    SOPInstanceUID: '1.2.3.4',
    StudyInstanceUID: '1.2.3',
    SeriesInstanceUID: '1.2.3.1',
    Modality: 'US',
    Manufacturer: 'Sonoworks',
    ManufacturerModelName: 'Echo 5',
    Rows: 8,
    Columns: 8,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    PixelData: new Uint8Array(64).fill(200),
    ...more,
  });
  return parsePart10(writePart10({ dataset }));
}

const rowsOf = async (bytes: Uint8Array) => {
  const { data } = await decodeFrame(parsePart10(bytes));
  return Array.from({ length: 8 }, (_, y) => Array.from(data.subarray(y * 8, y * 8 + 8)));
};

describe('burned-in text', () => {
  it('is refused where nobody knows where it is', async () => {
    await expect(deidentifyPart10(picture(), profile, context)).rejects.toMatchObject({
      code: 'DICOM_BURNED_IN_TEXT',
    });
    const flagged = picture({ SOPClassUID: UID.CTImageStorage, Modality: 'CT', BurnedInAnnotation: 'YES' });
    await expect(deidentifyPart10(flagged, profile, context)).rejects.toMatchObject({
      code: 'DICOM_BURNED_IN_TEXT',
    });
    // Without the option the pixels are the sender's business.
    await deidentifyPart10(picture(), { options: [] }, context);
  });

  it.each([UID.ExplicitVRLittleEndian, UID.RLELossless])('is blanked by device in %s', async (syntax) => {
    const file = parsePart10(await transcodePart10(picture(), syntax));
    const regions = [{ manufacturer: 'sonoworks', model: 'echo', rows: 8, areas: [[0, 0, 8, 2]] as const }];
    const left = await deidentifyPart10(file, profile, { ...context, regions });
    const rows = await rowsOf(left.bytes);
    expect(rows[0]!.every((value) => value === 0)).toBe(true);
    expect(rows[1]!.every((value) => value === 0)).toBe(true);
    expect(rows[2]!.every((value) => value === 200)).toBe(true);
    expect(left.dataset.text('BurnedInAnnotation')).toBe('NO');
  });

  it('is blanked around the regions that an ultrasound picture names', async () => {
    const region = Dataset.of({
      RegionLocationMinX0: 2,
      RegionLocationMinY0: 3,
      RegionLocationMaxX1: 5,
      RegionLocationMaxY1: 6,
    });
    const left = await deidentifyPart10(picture({ SequenceOfUltrasoundRegions: region }), profile, context);
    const rows = await rowsOf(left.bytes);
    expect(rows[3]).toEqual([0, 0, 200, 200, 200, 200, 0, 0]);
    expect(rows[2]!.every((value) => value === 0)).toBe(true);
  });

  it('takes comments out of compressed frames', () => {
    const comment = Buffer.from([0xff, 0xfe, 0x00, 0x08, 0x4a, 0x4f, 0x48, 0x4e, 0x20, 0x20]);
    const frame = Buffer.concat([
      Buffer.from([0xff, 0xd8]),
      comment,
      Buffer.from([0xff, 0xda, 0x00, 0x04, 1, 2, 0xff, 0xd9]),
    ]);
    const value = { offsetTable: new Uint8Array(0), fragments: [frame] };
    const clean = withoutComments(value);
    expect(Buffer.from(clean.fragments[0]!).includes('JOHN')).toBe(false);
    expect(clean.fragments[0]!.length).toBe(frame.length - comment.length);
    expect(withoutComments(clean)).toBe(clean);
    expect(Tag.PixelData).toBe(0x7fe00010);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { Dataset, type DatasetValues, UID } from '../data/index.ts';
import { parsePart10 } from '../read/index.ts';
import { writePart10 } from '../write/index.ts';
import { canTranscode, decodeFrames, encodeJpegPicture, transcodePart10 } from './index.ts';

const ROWS = 19;
const COLUMNS = 24;
const COMPRESSED = [
  UID.RLELossless,
  UID.JPEGLosslessSV1,
  UID.JPEGLSLossless,
  UID.JPEG2000Lossless,
  UID.HTJ2KLossless,
];

function image(values: DatasetValues): Uint8Array {
  const dataset = Dataset.of({
    SOPClassUID: UID.SecondaryCaptureImageStorage,
    SOPInstanceUID: '1.2.3.4',
    StudyInstanceUID: '1.2.3',
    SeriesInstanceUID: '1.2.3.1',
    PatientName: 'Müller^Jörg',
    Rows: ROWS,
    Columns: COLUMNS,
    SamplesPerPixel: 1,
    NumberOfFrames: 2,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    ...values,
  });
  dataset.setPrivate(0x0009, 'PHOTOPEAK TEST', 0x01, 'LO', 'kept');
  return writePart10({ dataset });
}

const signed = Int16Array.from(
  { length: 2 * ROWS * COLUMNS },
  (_, i) => ((i * 37) % 3000) - 1024 + Math.round(200 * Math.sin(i / 9)),
);
const colours = Uint8Array.from({ length: 2 * 3 * ROWS * COLUMNS }, (_, i) => (i * 11 + (i % 3) * 60) & 0xff);
const objects: Readonly<Record<string, Uint8Array>> = {
  'signed 16 bit': image({ PixelData: signed }),
  'unsigned 12 bit': image({
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    PixelData: Uint16Array.from(signed, (value) => value & 0xfff),
  }),
  colour: image({
    SamplesPerPixel: 3,
    PlanarConfiguration: 0,
    PhotometricInterpretation: 'RGB',
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: colours,
  }),
};
const pixels = async (bytes: Uint8Array) =>
  (await decodeFrames(parsePart10(bytes))).map((frame) => [...frame.data]);

describe('transcoding', () => {
  for (const [name, bytes] of Object.entries(objects)) {
    it(`keeps every pixel and every other element: ${name}`, async () => {
      const expected = await pixels(bytes);
      for (const syntax of [...COMPRESSED, UID.ImplicitVRLittleEndian]) {
        const there = await transcodePart10(parsePart10(bytes), syntax);
        const parsed = parsePart10(there);
        expect(parsed.transferSyntaxUid).toBe(syntax);
        expect(await pixels(there), syntax).toEqual(expected);
        expect(parsed.dataset.privateText(0x0009, 'PHOTOPEAK TEST', 0x01)).toBe('kept');
        const back = await transcodePart10(parsed, UID.ExplicitVRLittleEndian);
        expect(await pixels(back), syntax).toEqual(expected);
        expect(parsePart10(back).dataset.text('PatientName')).toBe('Müller^Jörg');
      }
    });
  }

  it('says what it cannot do', async () => {
    expect(canTranscode(UID.ExplicitVRLittleEndian, UID.JPEGBaseline8Bit)).toBe(false);
    expect(canTranscode('1.2.840.10008.1.2.4.102', UID.ExplicitVRLittleEndian)).toBe(false);
    expect(canTranscode('1.2.840.10008.1.2.4.102', '1.2.840.10008.1.2.4.102')).toBe(true);
    await expect(transcodePart10(parsePart10(objects.colour!), UID.JPEGBaseline8Bit)).rejects.toMatchObject({
      code: 'DICOM_TRANSFER_SYNTAX_UNSUPPORTED',
    });
  });

  it('writes a JPEG picture', async () => {
    const data = Uint8Array.from({ length: 64 * 48 }, (_, i) => (i % 64) * 4);
    const jpeg = await encodeJpegPicture(
      {
        data,
        rows: 48,
        columns: 64,
        samples: 1,
        bitsAllocated: 8,
        bitsStored: 8,
        signed: false,
        photometric: 'MONOCHROME2',
      },
      90,
    );
    expect([...jpeg.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    expect([...jpeg.subarray(-2)]).toEqual([0xff, 0xd9]);
  });
});

describeWithPeers('transcoded objects read by dcmtk', ['dcmdrle', 'dcmdjpeg', 'dcmdjpls'], () => {
  it('are the same after decompression there', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-transcode-'));
    try {
      const tools = [
        ['dcmdrle', UID.RLELossless],
        ['dcmdjpeg', UID.JPEGLosslessSV1],
        ['dcmdjpls', UID.JPEGLSLossless],
      ] as const;
      for (const [name, bytes] of Object.entries(objects)) {
        const expected = await pixels(bytes);
        for (const [tool, syntax] of tools) {
          const [from, to] = [path.join(folder, 'a.dcm'), path.join(folder, 'b.dcm')];
          writeFileSync(from, await transcodePart10(parsePart10(bytes), syntax));
          const { status, output } = runPeer(tool, [from, to]);
          expect(status, `${tool} ${output}`).toBe(0);
          expect(await pixels(readFileSync(to)), `${name} ${tool}`).toEqual(expected);
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import codecs from 'dcmjs-codecs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dataset, type DatasetValues, UID } from '../data/index.ts';
import { parsePart10 } from '../read/index.ts';
import { encapsulate, writePart10 } from '../write/index.ts';
import { decodeFrame, decodeFrames, imagePixel } from './index.ts';

const COLUMNS = 23;
const ROWS = 17;

/** A smooth picture with edges, so that codecs have something to do. */
function picture(maximum: number, minimum = 0): number[] {
  return Array.from({ length: ROWS * COLUMNS }, (_, i) => {
    const x = i % COLUMNS;
    const y = Math.floor(i / COLUMNS);
    const wave = (Math.sin(x / 3) * Math.cos(y / 4) + 1) / 2;
    const edge = x > 11 && y > 5 ? 0.2 : 0;
    return Math.round(minimum + (maximum - minimum) * Math.min(1, wave * 0.8 + edge));
  });
}

function image(values: DatasetValues): Dataset {
  return Dataset.of({
    SOPClassUID: UID.SecondaryCaptureImageStorage,
    SOPInstanceUID: '1.2.3.4',
    StudyInstanceUID: '1.2.3',
    SeriesInstanceUID: '1.2.3.1',
    Modality: 'OT',
    PatientName: 'Test',
    PatientID: '1',
    Rows: ROWS,
    Columns: COLUMNS,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    ...values,
  });
}

function file(dataset: Dataset, transferSyntaxUid: string = UID.ExplicitVRLittleEndian) {
  return parsePart10(writePart10({ dataset, transferSyntaxUid }));
}

async function decodedValues(dataset: Dataset, transferSyntaxUid?: string): Promise<number[]> {
  return [...(await decodeFrame(file(dataset, transferSyntaxUid))).data];
}

describe('stored values', () => {
  it('of 16 bits are sign extended and freed of what is above Bits Stored', async () => {
    const stored = picture(2047, -2048);
    // 12 bits stored with an overlay plane and garbage in the upper four.
    const dirty = Uint16Array.from(stored, (value, i) => (value & 0xfff) | ((i * 7) << 12));
    const attributes = { BitsStored: 12, HighBit: 11, PixelData: dirty };
    expect(await decodedValues(image({ ...attributes, PixelRepresentation: 1 }))).toEqual(stored);
    expect(await decodedValues(image(attributes))).toEqual(stored.map((value) => value & 0xfff));
  });

  it('are taken from a high bit that is not the last', async () => {
    const stored = picture(1000);
    const shifted = Uint16Array.from(stored, (value) => (value << 4) | 0x9);
    expect(await decodedValues(image({ BitsStored: 12, HighBit: 15, PixelData: shifted }))).toEqual(stored);
  });

  it('of 8, 32 bits, float and double', async () => {
    const bytes = picture(255);
    const eight = { BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelData: Uint8Array.from(bytes) };
    expect(await decodedValues(image(eight))).toEqual(bytes);
    const wide = picture(2 ** 31 - 1, -(2 ** 31));
    const long = { BitsAllocated: 32, BitsStored: 32, HighBit: 31, PixelRepresentation: 1 };
    expect(await decodedValues(image({ ...long, PixelData: Int32Array.from(wide) }))).toEqual(wide);
    const unsigned = Uint32Array.from(wide);
    expect(await decodedValues(image({ ...long, PixelRepresentation: 0, PixelData: unsigned }))).toEqual([
      ...unsigned,
    ]);
    const real = Float32Array.from(bytes, (value) => value / 7);
    expect(await decodedValues(image({ BitsAllocated: 32, FloatPixelData: real }))).toEqual([...real]);
    const double = Float64Array.from(bytes, (value) => value / 7);
    const withDouble = image({ BitsAllocated: 64, DoubleFloatPixelData: double });
    expect(await decodedValues(withDouble)).toEqual([...double]);
    expect(await decodedValues(withDouble, UID.ExplicitVRBigEndian)).toEqual([...double]);
  });

  it('of one bit, also where frames end inside a byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(),
        async (columns, rows, seed) => {
          const frames = 3;
          const bits = Array.from(
            { length: frames * rows * columns },
            (_, i) => ((i * 2654435761 + seed) >>> 7) & 1,
          );
          const packed = new Uint8Array(Math.ceil(bits.length / 8));
          for (const [i, bit] of bits.entries()) packed[i >> 3]! |= bit << (i & 7);
          const dataset = image({
            Rows: rows,
            Columns: columns,
            NumberOfFrames: frames,
            BitsAllocated: 1,
            BitsStored: 1,
            HighBit: 0,
            PixelData: packed,
          });
          const decoded = await decodeFrames(file(dataset));
          expect(decoded.flatMap((frame) => [...frame.data])).toEqual(bits);
        },
      ),
    );
  });

  it('are refused when they are too short, absent or of a strange shape', async () => {
    const short = image({ PixelData: new Uint16Array(10) });
    await expect(decodeFrame(file(short))).rejects.toMatchObject({ code: 'DICOM_PIXEL_DATA_INVALID' });
    await expect(decodeFrame(file(image({})))).rejects.toMatchObject({ code: 'DICOM_PIXEL_DATA_MISSING' });
    await expect(
      decodeFrame(file(image({ PixelData: new Uint16Array(ROWS * COLUMNS) })), 1),
    ).rejects.toMatchObject({
      code: 'DICOM_PIXEL_DATA_MISSING',
    });
    expect(() => imagePixel(image({ BitsAllocated: 12 }))).toThrow(/Bits Allocated/);
    expect(() => imagePixel(image({ Rows: 0 }))).toThrow(/Rows/);
  });
});

describe('colour', () => {
  const red = picture(255);
  const green = picture(200, 20);
  const blue = picture(90, 3);
  const rgb = red.flatMap((value, i) => [value, green[i]!, blue[i]!]);
  const eight = { BitsAllocated: 8, BitsStored: 8, HighBit: 7, SamplesPerPixel: 3 };

  it('by pixel and by plane', async () => {
    const byPixel = { ...eight, PhotometricInterpretation: 'RGB', PlanarConfiguration: 0 };
    expect(await decodedValues(image({ ...byPixel, PixelData: Uint8Array.from(rgb) }))).toEqual(rgb);
    const planes = Uint8Array.from([...red, ...green, ...blue]);
    expect(await decodedValues(image({ ...byPixel, PlanarConfiguration: 1, PixelData: planes }))).toEqual(
      rgb,
    );
  });

  it('of YBR becomes RGB', async () => {
    const ybr = Uint8Array.from(
      red.flatMap((r, i) => {
        const g = green[i]!;
        const b = blue[i]!;
        return [
          Math.round(0.299 * r + 0.587 * g + 0.114 * b),
          Math.round(128 - 0.168736 * r - 0.331264 * g + 0.5 * b),
          Math.round(128 + 0.5 * r - 0.418688 * g - 0.081312 * b),
        ];
      }),
    );
    const full = { ...eight, PhotometricInterpretation: 'YBR_FULL', PlanarConfiguration: 0, PixelData: ybr };
    const decoded = await decodeFrame(file(image(full)));
    expect(decoded.photometric).toBe('RGB');
    for (const [i, value] of decoded.data.entries()) expect(Math.abs(value - rgb[i]!)).toBeLessThanOrEqual(2);
    const stored = await decodeFrame(file(image(full)), 0, { colour: 'stored' });
    expect([...stored.data]).toEqual([...ybr]);
  });

  it('of 4:2:2 shares its colour between two pixels', async () => {
    const dataset = image({
      ...eight,
      Rows: 1,
      Columns: 4,
      PhotometricInterpretation: 'YBR_FULL_422',
      PlanarConfiguration: 0,
      PixelData: Uint8Array.of(10, 20, 128, 128, 30, 40, 128, 128),
    });
    expect(await decodedValues(dataset)).toEqual([10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40]);
  });

  it('of a palette, plain and segmented', async () => {
    const indices = Uint8Array.from({ length: ROWS * COLUMNS }, (_, i) => i % 5);
    const descriptor = [4, 1, 16];
    const table = (values: number[]) => Uint16Array.from(values, (value) => value << 8);
    const palette = {
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PhotometricInterpretation: 'PALETTE COLOR',
      PixelData: indices,
      RedPaletteColorLookupTableDescriptor: descriptor,
      GreenPaletteColorLookupTableDescriptor: descriptor,
      BluePaletteColorLookupTableDescriptor: descriptor,
    } as const;
    const plain = image({
      ...palette,
      RedPaletteColorLookupTableData: table([1, 2, 3, 4]),
      GreenPaletteColorLookupTableData: table([5, 6, 7, 8]),
      BluePaletteColorLookupTableData: table([9, 10, 11, 12]),
    });
    const expected = [1, 5, 9, 1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12];
    expect((await decodedValues(plain)).slice(0, 15)).toEqual(expected);
    // discrete 1 value, then linear over 3 more
    const segmented = (first: number) => Uint16Array.of(0, 1, first << 8, 1, 3, (first + 3) << 8);
    const packed = image({
      ...palette,
      SegmentedRedPaletteColorLookupTableData: segmented(1),
      SegmentedGreenPaletteColorLookupTableData: segmented(5),
      SegmentedBluePaletteColorLookupTableData: segmented(9),
    });
    expect((await decodedValues(packed)).slice(0, 15)).toEqual(expected);
    // Empty segments and a reference to them: a few bytes for billions of steps.
    const idle = Uint16Array.from([...new Array(30_000).fill(0), 2, 65535, 0, 0]);
    const looping = image({ ...palette, SegmentedRedPaletteColorLookupTableData: idle });
    await expect(decodedValues(looping)).rejects.toThrow(/empty segment/);
  });
});

describe('compressed frames', () => {
  const { Context, NativeCodecs } = codecs;
  const stored = picture(4095, -4096);
  const signed16 = image({ BitsStored: 16, HighBit: 15, PixelRepresentation: 1, NumberOfFrames: 2 });

  function encode(
    values: Int16Array,
    method: 'encodeJpegLs' | 'encodeJpeg2000' | 'encodeHtJpeg2000',
  ): Uint8Array {
    const context = new Context({
      width: COLUMNS,
      height: ROWS,
      bitsAllocated: 16,
      bitsStored: 16,
      samplesPerPixel: 1,
      pixelRepresentation: 1,
      planarConfiguration: 0,
      photometricInterpretation: 'MONOCHROME2',
      decodedBuffer: new Uint8Array(values.buffer),
    });
    return Uint8Array.from(NativeCodecs[method](context, {}).getEncodedBuffer()!);
  }

  beforeAll(() => NativeCodecs.initializeAsync());

  it.each([
    [UID.JPEGLSLossless, 'encodeJpegLs'],
    [UID.JPEG2000Lossless, 'encodeJpeg2000'],
    [UID.HTJ2KLossless, 'encodeHtJpeg2000'],
  ] as const)(
    'in %s come back exactly, in one or several fragments, with and without offsets',
    async (syntax, method) => {
      const first = encode(Int16Array.from(stored), method);
      const second = encode(
        Int16Array.from(stored, (value) => -value),
        method,
      );
      const expected = [stored, stored.map((value) => -value)];
      const even = (length: number) => length - (length % 2);
      const halves = (bytes: Uint8Array) => [
        bytes.subarray(0, even(bytes.length >> 1)),
        bytes.subarray(even(bytes.length >> 1)),
      ];
      const whole = encapsulate([first, second]);
      const noTable = { ...whole, offsetTable: new Uint8Array(0) };
      const pieces = [...halves(first), ...halves(second)];
      const secondAt = 16 + first.length + (first.length % 2);
      const split = { offsetTable: new Uint8Array(Uint32Array.of(0, secondAt).buffer), fragments: pieces };
      const splitNoTable = { offsetTable: new Uint8Array(0), fragments: pieces };
      for (const value of [whole, noTable, split, splitNoTable]) {
        const dataset = image({ PixelRepresentation: 1, NumberOfFrames: 2 }).set('PixelData', value);
        const frames = await decodeFrames(file(dataset, syntax));
        expect(frames.map((frame) => [...frame.data])).toEqual(expected);
      }
      const extended = image({ PixelRepresentation: 1, NumberOfFrames: 2 })
        .set('PixelData', splitNoTable)
        .set('ExtendedOffsetTable', new BigUint64Array([0n, BigInt(secondAt)]) as unknown as Uint8Array);
      expect((await decodeFrames(file(extended, syntax))).map((frame) => [...frame.data])).toEqual(expected);
    },
  );

  it('that cannot be assigned, are damaged or of another size are refused', async () => {
    const frame = encode(Int16Array.from(stored), 'encodeJpegLs');
    const three = { offsetTable: new Uint8Array(0), fragments: [frame, frame, frame] };
    const reject = (dataset: Dataset) =>
      expect(decodeFrame(file(dataset, UID.JPEGLSLossless))).rejects.toMatchObject({
        code: 'DICOM_PIXEL_DATA_INVALID',
      });
    await reject(signed16.set('PixelData', three));
    await reject(image({ Rows: 5 }).set('PixelData', encapsulate([frame])));
    await reject(image({}).set('PixelData', encapsulate([new Uint8Array(50)])));
    await reject(image({}).set('PixelData', encapsulate([frame.subarray(0, frame.length >> 1)])));
  });

  it('of a few bytes that claim to be enormous are refused before memory is taken', async () => {
    const huge = { Rows: 65535, Columns: 65535 };
    const frame = encode(Int16Array.from(stored), 'encodeJpeg2000');
    for (const [syntax, bytes] of [
      [UID.JPEG2000Lossless, frame],
      [UID.RLELossless, Uint8Array.of(2, 0, 0, 0, 64, 0, 0, 0, 66, ...new Uint8Array(60))],
    ] as const) {
      const dataset = image(huge).set('PixelData', encapsulate([bytes]));
      await expect(decodeFrame(file(dataset, syntax))).rejects.toThrow(/larger than any|cannot hold/);
    }
  });

  it('decode after a damaged one did not', async () => {
    const frame = encode(Int16Array.from(stored), 'encodeJpegLs');
    const good = file(
      image({ PixelRepresentation: 1 }).set('PixelData', encapsulate([frame])),
      UID.JPEGLSLossless,
    );
    expect([...(await decodeFrame(good)).data]).toEqual(stored);
  });

  it('of a syntax without decoder are refused by its name', async () => {
    const dataset = image({}).set('PixelData', encapsulate([Uint8Array.of(0, 0, 1, 0xb3)]));
    await expect(decodeFrame(file(dataset, UID.MPEG2MPML))).rejects.toThrow(
      /MPEG2 Main Profile.*cannot be decoded/,
    );
  });

  it('random RLE bytes end in an image or a named error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 2, maxLength: 400 }),
        fc.boolean(),
        async (bytes, header) => {
          const frame = header
            ? Buffer.concat([Uint8Array.of(2, 0, 0, 0, 64, 0, 0, 0, 90), new Uint8Array(55), bytes])
            : bytes;
          const dataset = image({}).set('PixelData', encapsulate([frame]));
          await decodeFrame(file(dataset, UID.RLELossless)).then(
            (decoded) => expect(decoded.data.length).toBe(ROWS * COLUMNS),
            (error) => expect(error.code).toBe('DICOM_PIXEL_DATA_INVALID'),
          );
        },
      ),
    );
  });
});

describeWithPeers('variants made by dcmtk', ['dcmconv', 'dcmcrle', 'dcmcjpls', 'dcmcjpeg'], () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'photopeak-codecs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const grey = picture(4095);
  const grey12 = image({ BitsStored: 12, HighBit: 11, PixelData: Uint16Array.from(grey) });
  const bytes = picture(255);
  const grey8 = image({ BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelData: Uint8Array.from(bytes) });

  async function through(dataset: Dataset, program: string, args: string[]): Promise<number[]> {
    const source = path.join(folder, 'in.dcm');
    const target = path.join(folder, 'out.dcm');
    writeFileSync(source, writePart10({ dataset }));
    const { status, output } = runPeer(program, [...args, source, target]);
    expect(status, output).toBe(0);
    return [...(await decodeFrame(parsePart10(readFileSync(target)))).data];
  }

  it.each([
    ['dcmconv', ['+ti']],
    ['dcmconv', ['+tb']],
    ['dcmconv', ['+td']],
    ['dcmconv', ['+te', '-g']],
    ['dcmconv', ['+te', '+e']],
    ['dcmconv', ['-F', '+ti']],
    ['dcmcrle', []],
    ['dcmcjpls', []],
    ['dcmcjpeg', ['+e1']],
    ['dcmcjpeg', ['+el']],
  ])('%s %j has the same pixels', async (program, args) => {
    expect(await through(grey12, program, args)).toEqual(grey);
    expect(await through(grey8, program, args)).toEqual(bytes);
  });

  it('in lossy JPEG has nearly the same pixels, and 12 bits are refused by name', async () => {
    const near = await through(grey8, 'dcmcjpeg', ['+eb', '+q', '95']);
    for (const [i, value] of near.entries()) expect(Math.abs(value - bytes[i]!)).toBeLessThanOrEqual(6);
    await expect(through(grey12, 'dcmcjpeg', ['+ee'])).rejects.toThrow(
      /JPEG Extended.*12 bits cannot be decoded/,
    );
  });

  it('in lossy JPEG keeps colours', async () => {
    const rgb = picture(200, 40).flatMap((value, i) => [
      value,
      Math.round(value / 2) + 30,
      40 + (i % COLUMNS),
    ]);
    const colour = image({
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelData: Uint8Array.from(rgb),
    });
    for (const args of [['+eb', '+q', '98', '+s4'], ['+eb', '+q', '98', '+cr'], ['+e1']]) {
      const decoded = await through(colour, 'dcmcjpeg', args);
      let sum = 0;
      for (const [i, value] of decoded.entries()) sum += Math.abs(value - rgb[i]!);
      expect(sum / rgb.length, args.join(' ')).toBeLessThan(4);
    }
    const rle = await through(colour, 'dcmcrle', []);
    expect(rle).toEqual(rgb);
  });
});

describeWithData('real compressed images', () => {
  it('refuses 12-bit JPEG by name', async () => {
    const real = parsePart10(readFileSync(dataFile('us_rf_and_clips', 'NM1_JPLY')));
    await expect(decodeFrame(real)).rejects.toThrow(/JPEG Extended.*12 bits cannot be decoded/);
  });

  it('decodes the same clip from RLE and from JPEG-LS', async () => {
    const rle = parsePart10(readFileSync(dataFile('us_rf_and_clips', 'US-PAL-8-10x-echo')));
    const jls = parsePart10(readFileSync(dataFile('us_rf_and_clips', 'jpeg-ls-Palette.dcm')));
    for (const index of [0, 9]) {
      const [a, b] = await Promise.all([decodeFrame(rle, index), decodeFrame(jls, index)]);
      expect(a.samples).toBe(3);
      expect(Buffer.compare(Buffer.from(a.data as Uint8Array), Buffer.from(b.data as Uint8Array))).toBe(0);
    }
  });
});

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  Dataset,
  type DatasetValues,
  encapsulate,
  encodeFrame,
  encodeJpegPicture,
  toDicomJson,
  UID,
  writePart10,
} from '@photopeak/dicom';
import { corpusOf } from './campaign.ts';

const SIZE = 12;
/** A smooth picture with an edge, so that decoders have something to do. */
const PICTURE = Uint16Array.from({ length: SIZE * SIZE }, (_, at) => {
  const [x, y] = [at % SIZE, Math.floor(at / SIZE)];
  return Math.round(1500 + 900 * Math.sin(x / 3) * Math.cos(y / 4) + (x > 6 && y > 4 ? 500 : 0));
});
const GREY8 = Uint8Array.from(PICTURE, (value) => value >> 4);
const RGB = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => GREY8[Math.floor(at / 3)]! >> (at % 3));

function image(values: DatasetValues): Dataset {
  return Dataset.of({
    SOPClassUID: UID.SecondaryCaptureImageStorage,
    SOPInstanceUID: '2.25.11',
    StudyInstanceUID: '2.25.1',
    SeriesInstanceUID: '2.25.2',
    Modality: 'OT',
    PatientName: 'Fuzz^Seed',
    PatientID: 'SEED',
    PatientBirthDate: '19500101',
    StudyDate: '20261123',
    Rows: SIZE,
    Columns: SIZE,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    ...values,
  });
}

const EIGHT = { BitsAllocated: 8, BitsStored: 8, HighBit: 7 } as const;
const frameOf = (data: ArrayBufferView, samples: 1 | 3, bits: 8 | 16) => ({
  data,
  rows: SIZE,
  columns: SIZE,
  samples,
  bitsAllocated: bits,
  bitsStored: bits === 8 ? 8 : 12,
  signed: false,
  photometric: samples === 3 ? 'RGB' : 'MONOCHROME2',
});

async function part10Seeds(): Promise<Record<string, Uint8Array>> {
  const plain = () => image({ PixelData: PICTURE });
  const seeds: Record<string, Uint8Array> = {
    'explicit-undefined-lengths': writePart10({ dataset: nested(plain()), sequenceLengths: 'undefined' }),
    implicit: writePart10({ dataset: nested(plain()), transferSyntaxUid: UID.ImplicitVRLittleEndian }),
    'big-endian': writePart10({ dataset: nested(plain()), transferSyntaxUid: UID.ExplicitVRBigEndian }),
    deflated: writePart10({
      dataset: nested(plain()),
      transferSyntaxUid: UID.DeflatedExplicitVRLittleEndian,
    }),
    'frames-of-one-bit': writePart10({
      dataset: image({
        NumberOfFrames: 3,
        BitsAllocated: 1,
        BitsStored: 1,
        HighBit: 0,
        PixelData: new Uint8Array(SIZE * 5).fill(0x5a),
      }),
    }),
    float: writePart10({ dataset: image({ BitsAllocated: 32, FloatPixelData: Float32Array.from(PICTURE) }) }),
    'ybr-422': writePart10({
      dataset: image({
        ...EIGHT,
        SamplesPerPixel: 3,
        PlanarConfiguration: 0,
        PhotometricInterpretation: 'YBR_FULL_422',
        PixelData: RGB.subarray(0, SIZE * SIZE * 2),
      }),
    }),
    palette: writePart10({ dataset: palette() }),
  };
  for (const [name, syntax] of Object.entries({
    rle: UID.RLELossless,
    'jpeg-lossless': UID.JPEGLosslessSV1,
    'jpeg-ls': UID.JPEGLSLossless,
    'jpeg-2000': UID.JPEG2000Lossless,
    htj2k: UID.HTJ2KLossless,
  })) {
    const { bytes } = await encodeFrame(frameOf(PICTURE, 1, 16), syntax);
    const dataset = image({ NumberOfFrames: 2 }).set('PixelData', encapsulate([bytes, bytes]));
    seeds[name] = writePart10({ dataset, transferSyntaxUid: syntax });
  }
  const jpeg = await encodeJpegPicture({ ...frameOf(RGB, 3, 8), bitsAllocated: 8 }, 80);
  const colour = image({
    ...EIGHT,
    SamplesPerPixel: 3,
    PlanarConfiguration: 0,
    PhotometricInterpretation: 'YBR_FULL_422',
  }).set('PixelData', encapsulate([jpeg]));
  seeds['jpeg-baseline'] = writePart10({ dataset: colour, transferSyntaxUid: UID.JPEGBaseline8Bit });
  const rle = await encodeFrame(frameOf(RGB, 3, 8), UID.RLELossless);
  const rgb = image({
    ...EIGHT,
    SamplesPerPixel: 3,
    PlanarConfiguration: 1,
    PhotometricInterpretation: 'RGB',
  });
  rgb.set('PixelData', encapsulate([rle.bytes]));
  seeds['rle-rgb'] = writePart10({ dataset: rgb, transferSyntaxUid: UID.RLELossless });
  return seeds;
}

/** Sequences in sequences, private elements, character sets, one value of most representations. */
function nested(dataset: Dataset): Dataset {
  const code = Dataset.of({ CodeValue: 'T-1', CodingSchemeDesignator: '99X', CodeMeaning: 'Größe' });
  const inner = Dataset.of({ ReferencedSOPInstanceUID: '2.25.3', PurposeOfReferenceCodeSequence: [code] });
  dataset.set('ReferencedImageSequence', [inner, new Dataset()]);
  dataset.set('RequestAttributesSequence', [
    Dataset.of({ RequestedProcedureID: 'RP', ScheduledProcedureStepID: 'SPS' }),
  ]);
  dataset.set('PatientWeight', 71.5);
  dataset.set('ImagePositionPatient', [0, -1.5, 1e-7]);
  dataset.set('PatientComments', 'μ'.repeat(40));
  dataset.setPrivate(0x0009, 'FUZZ', 1, 'UN', new Uint8Array(10));
  dataset.setPrivate(0x0009, 'FUZZ', 2, 'FD', [1.5, 2.5]);
  return dataset;
}

function palette(): Dataset {
  const descriptor = [16, 0, 16];
  const segmented = Uint16Array.of(0, 1, 100, 1, 7, 0xf000, 0, 2, 5, 9, 2, 1, 0, 0);
  return image({
    ...EIGHT,
    PhotometricInterpretation: 'PALETTE COLOR',
    PixelData: GREY8,
    RedPaletteColorLookupTableDescriptor: descriptor,
    GreenPaletteColorLookupTableDescriptor: descriptor,
    BluePaletteColorLookupTableDescriptor: descriptor,
    SegmentedRedPaletteColorLookupTableData: segmented,
    GreenPaletteColorLookupTableData: PICTURE.subarray(0, 16),
    BluePaletteColorLookupTableData: PICTURE.subarray(0, 16),
  });
}

const text = (value: string) => Buffer.from(value, 'utf8');

async function multipartSeeds(): Promise<Record<string, Uint8Array>> {
  const instance = writePart10({
    dataset: image({ PixelData: PICTURE.subarray(0, 16), Rows: 4, Columns: 4 }),
  });
  const part = (type: string, bytes: Uint8Array, more = '') =>
    Buffer.concat([text(`--fuzz-boundary\r\nContent-Type: ${type}\r\n${more}\r\n`), bytes, text('\r\n')]);
  const end = text('--fuzz-boundary--\r\n');
  const metadata = toDicomJson(image({ Rows: 4, Columns: 4 }));
  metadata['7FE00010'] = { vr: 'OW', BulkDataURI: 'bulk/1' };
  const json = text(JSON.stringify([metadata]));
  const quoted = 'multipart/related; type="application/dicom"; boundary="fuzz-boundary"\0';
  return {
    instances: Buffer.concat([part('application/dicom', instance), part('application/dicom', instance), end]),
    'not-dicom': Buffer.concat([part('application/dicom', text('nothing')), end, text('epilogue')]),
    composed: Buffer.concat([
      part('application/dicom+json', json),
      part('application/octet-stream', new Uint8Array(32), 'Content-Location: bulk/1\r\n'),
      end,
    ]),
    'with-type': Buffer.concat([
      text(quoted),
      text('preamble\r\n'),
      part('application/dicom', instance),
      end,
    ]),
    headers: Buffer.concat([
      text('--fuzz-boundary\r\nX-A: b\r\n c\r\nX-A: d\r\ncontent-type:application/dicom\r\n\r\n'),
      instance.subarray(0, 200),
      text('\r\n'),
      end,
    ]),
  };
}

const CONFIGURATION = `
node: { name: fuzz, institution: "\${HOME}" }
dicom: { aeTitle: FUZZ, port: 0 }
sources: [{ kind: dimse, name: ct, aeTitle: CT1, address: 10.0.0.1 }]
destinations:
  - { kind: dimse, name: pacs, aeTitle: PACS, host: pacs, port: 104 }
  - { kind: folder, name: out, path: /out, template: "{StudyInstanceUID}/{SOPInstanceUID}.dcm" }
archives: [{ kind: dimse, name: vna, aeTitle: VNA, host: vna, port: 104, retrieve: move }]
priors: [{ name: p, from: [vna], take: { modality: [CT, PT], withinDays: 400 } }]
`;
const ROUTES = `
routes:
  - &first
    name: lymphoma
    when:
      modalities: [PT, CT]
      order: { reason: { contains: lymphoma } }
      anySeries:
        attributes: { Modality: PT, "RadiopharmaceuticalInformationSequence[1].RadionuclideTotalDose": { above: 1e6 } }
        measures: { numberOfImages: { atLeast: 100 }, missingSlices: 0 }
      not: { any: [{ attributes: { PatientAge: { below: 18 } } }, { source: { kind: folder } }] }
      count: { of: series, where: { attributes: { '(0009,"GEMS_PETD_01",0D)': { matches: "^a.*b$" } } }, atLeast: 2 }
    run: { pipeline: petct-oncology }
    offPeak: { from: "20:00", to: "06:00", timeZone: Europe/Berlin }
    deliver: [{ to: pacs, send: results }]
  - { <<: *first, name: again, phase: research }
limits: { pipelines: { petct-oncology: { concurrent: 2 } } }
`;

function jsonSeeds(): Record<string, Uint8Array> {
  const json = (value: unknown) => text(JSON.stringify(value));
  const item = toDicomJson(
    Dataset.of({
      ProcedureStepState: 'SCHEDULED',
      ScheduledProcedureStepPriority: 'HIGH',
      InputReadinessState: 'READY',
      ProcedureStepLabel: 'Segment',
      PatientName: 'Fuzz^Seed',
      ScheduledWorkitemCodeSequence: [Dataset.of({ CodeValue: '1', CodeMeaning: 'x' })],
    }),
  );
  return {
    'data-set': json(toDicomJson(nested(image({ PixelData: PICTURE.subarray(0, 8) })))),
    'data-sets': json([toDicomJson(nested(image({}))), {}]),
    'work-item': json(item),
    state: json({
      '00081195': { vr: 'UI', Value: ['2.25.9'] },
      '00741000': { vr: 'CS', Value: ['IN PROGRESS'] },
    }),
    performed: json({
      '00741216': {
        vr: 'SQ',
        Value: [{ '00404050': { vr: 'DT', Value: ['20261123'] }, '00404033': { vr: 'SQ', Value: [] } }],
      },
      '00741002': { vr: 'SQ', Value: [{ '0074100E': { vr: 'SQ', Value: [{}] } }] },
    }),
    binary: json({
      '7FE00010': { vr: 'OW', InlineBinary: 'AAECAw==' },
      '00280030': { vr: 'DS', Value: [1, '2'] },
    }),
  };
}

/** Writes the seeds as the present code makes them. HL7 messages are kept by hand. */
export async function writeSeeds(): Promise<number> {
  const all = {
    part10: await part10Seeds(),
    multipart: await multipartSeeds(),
    yaml: { configuration: text(CONFIGURATION), routes: text(ROUTES) },
    json: jsonSeeds(),
  };
  let written = 0;
  for (const [target, seeds] of Object.entries(all)) {
    await mkdir(corpusOf(target), { recursive: true });
    for (const [name, bytes] of Object.entries(seeds)) {
      await writeFile(path.join(corpusOf(target), `${name}.bin`), bytes);
      written += 1;
    }
  }
  return written;
}

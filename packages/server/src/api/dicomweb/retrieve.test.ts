import { inflateSync } from 'node:zlib';
import {
  decodeFrame,
  encapsulate,
  parsePart10,
  transcodePart10,
  UID,
  uidFrom,
  writePart10,
} from '@photopeak/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../../node/index.ts';
import { testInstance, testStudy } from '../../testing/instances.ts';
import { startTestNode, temporaryFolder } from '../../testing/node.ts';
import { bytesOf, client, imageFile, jsonOf, partsOf, TOKENS } from './test-kit.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let node: RunningNode;
const { get, stow } = client(() => node.url);

/** A CT study whose second instance is compressed. */
const study = testStudy('retrieve', 2);
const plain = study[0]!;
const compressed = study[1]!;
let compressedBytes: Uint8Array;
const urlOf = (instance: { study: string; series: string; sop: string }) =>
  `/studies/${instance.study}/series/${instance.series}/instances/${instance.sop}`;

const colour = { study: uidFrom('colour'), series: uidFrom('colour', '1'), sop: uidFrom('colour', '1', '1') };
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
];
/** Two frames of one colour each. */
const colourBytes = imageFile(colour, {
  PatientName: 'Åström^Zoë=山田^花子',
  Rows: 16,
  Columns: 32,
  NumberOfFrames: 2,
  SamplesPerPixel: 3,
  PlanarConfiguration: 0,
  PhotometricInterpretation: 'RGB',
  PixelData: Uint8Array.from(
    { length: 2 * 16 * 32 * 3 },
    (_, i) => COLOURS[i < 16 * 32 * 3 ? 0 : 1]![i % 3]!,
  ),
});
/** Left half 0, right half 200, shown inverted, with a window of 0 to 200. */
const inverted = {
  ...colour,
  study: uidFrom('grey'),
  series: uidFrom('grey', '1'),
  sop: uidFrom('grey', '2'),
};
const invertedBytes = imageFile(inverted, {
  Rows: 8,
  Columns: 16,
  PhotometricInterpretation: 'MONOCHROME1',
  WindowCenter: 100,
  WindowWidth: 200,
  PixelSpacing: [2, 1],
  PixelData: Uint8Array.from({ length: 128 }, (_, i) => (i % 16 < 8 ? 0 : 200)),
});

beforeAll(async () => {
  folder = await temporaryFolder('retrieve');
  node = await startTestNode(`${folder.path}/data`, `workflow: { workers: 0 }\n${TOKENS}`);
  compressedBytes = await transcodePart10(parsePart10(compressed.bytes), UID.JPEGLSLossless);
  const instances = study.map((instance) => (instance === compressed ? compressedBytes : instance.bytes));
  expect((await stow([...instances, colourBytes, invertedBytes])).status).toBe(200);
});
afterAll(async () => {
  await node?.close();
  await folder?.remove();
});

describe('transfer syntaxes of instances', () => {
  it('as stored for *, Explicit VR Little Endian by default, another where it is asked for', async () => {
    const url = urlOf(compressed);
    const asStored = await get(url, { Accept: 'application/dicom; transfer-syntax=*' });
    expect(Buffer.compare(await bytesOf(asStored), Buffer.from(compressedBytes))).toBe(0);
    expect(asStored.headers.get('content-type')).toContain(UID.JPEGLSLossless);
    const original = await decodeFrame(parsePart10(compressed.bytes));
    for (const [accept, syntax] of [
      ['application/dicom', UID.ExplicitVRLittleEndian],
      [`application/dicom; transfer-syntax=${UID.ImplicitVRLittleEndian}`, UID.ImplicitVRLittleEndian],
      [`application/dicom; transfer-syntax=${UID.RLELossless}`, UID.RLELossless],
    ] as const) {
      const parsed = parsePart10(await bytesOf(await get(url, { Accept: accept })));
      expect(parsed.transferSyntaxUid).toBe(syntax);
      expect((await decodeFrame(parsed)).data).toEqual(original.data);
    }
    const [part] = await partsOf(
      await get(`/studies/${compressed.study}?accept=multipart/related;type=application/dicom`),
    );
    expect(part!.type).toBe(`application/dicom; transfer-syntax=${UID.ExplicitVRLittleEndian}`);
  });

  it('406 where none can be given, 206 where some cannot', async () => {
    const jpeg = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.50';
    const refused = await get(urlOf(plain), { Accept: jpeg });
    expect(refused.status).toBe(406);
    expect((await jsonOf(refused)).error).toMatchObject({ code: 'HTTP_NOT_ACCEPTABLE' });
    expect((await get(`/studies/${plain.study}`, { Accept: 'image/png' })).status).toBe(406);
    const film = parsePart10(testInstance({ study: 'retrieve', number: 9 }).bytes).dataset;
    film.set('PixelData', encapsulate([Uint8Array.of(0, 0, 1, 0xb3)]), 'OB');
    const stored = await stow([writePart10({ dataset: film, transferSyntaxUid: UID.MPEG2MPML })]);
    expect(stored.status).toBe(200);
    const some = await get(`/studies/${plain.study}`, {
      Accept: `multipart/related; type="application/dicom"; transfer-syntax=${UID.ExplicitVRLittleEndian}`,
    });
    expect([some.status, (await partsOf(some)).length]).toEqual([206, 4]);
    const any = await partsOf(await get(`/studies/${plain.study}`));
    expect(any.map((part) => part.type)).toContain(`application/dicom; transfer-syntax=${UID.MPEG2MPML}`);
  });

  it('single files answer ranges and validators', async () => {
    const Accept = 'application/dicom';
    const whole = await get(urlOf(plain), { Accept });
    const etag = whole.headers.get('etag')!;
    const bytes = await bytesOf(whole);
    const range = await get(urlOf(plain), { Accept, Range: 'bytes=128-131' });
    expect([range.status, range.headers.get('content-range')]).toEqual([
      206,
      `bytes 128-131/${bytes.length}`,
    ]);
    expect((await bytesOf(range)).toString()).toBe('DICM');
    expect((await get(urlOf(plain), { Accept, 'If-None-Match': etag })).status).toBe(304);
    expect((await get(urlOf(plain), { Accept, Range: 'bytes=99999999-' })).status).toBe(416);
  });
});

describe('frames', () => {
  it('come as stored, decoded, or compressed without loss, several at once', async () => {
    const pixels = parsePart10(compressed.bytes).dataset.bytes('PixelData')!;
    const url = `${urlOf(compressed)}/frames/1`;
    const accept = (type: string, syntax?: string) => ({
      Accept: `multipart/related; type="${type}"${syntax === undefined ? '' : `; transfer-syntax=${syntax}`}`,
    });
    const [octets] = await partsOf(await get(url, accept('application/octet-stream')));
    expect(Buffer.compare(octets!.bytes, pixels)).toBe(0);
    for (const headers of [accept('application/octet-stream', '*'), accept('image/jls'), accept('*/*')]) {
      const [stored] = await partsOf(await get(url, headers));
      expect(stored!.type).toBe(`image/jls; transfer-syntax=${UID.JPEGLSLossless}`);
    }
    const [j2k] = await partsOf(await get(url, accept('image/jp2')));
    expect(j2k!.type).toBe(`image/jp2; transfer-syntax=${UID.JPEG2000Lossless}`);
    expect([...j2k!.bytes.subarray(0, 2)]).toEqual([0xff, 0x4f]);
    expect((await get(url, accept('image/gif'))).status).toBe(406);
    expect((await get(url, accept('image/jpeg', UID.JPEGBaseline8Bit))).status).toBe(406);
    const both = await partsOf(await get(`${urlOf(colour)}/frames/2,1`));
    expect(both.map((part) => [...part.bytes.subarray(0, 3)])).toEqual([COLOURS[1], COLOURS[0]]);
    const single = await get(`${urlOf(colour)}/frames/2`, { Accept: 'application/octet-stream' });
    expect([...(await bytesOf(single)).subarray(0, 3)]).toEqual(COLOURS[1]);
    expect((await get(`${urlOf(colour)}/frames/3`)).status).toBe(404);
    expect((await get(`${urlOf(colour)}/frames/0`)).status).toBe(404);
  });
});

describe('metadata and bulk data', () => {
  it('name bulk data by address, in JSON and in XML, and give ranges of it', async () => {
    const [json] = await jsonOf(await get(`${urlOf(colour)}/metadata`));
    expect(json['00100010'].Value).toEqual([{ Alphabetic: 'Åström^Zoë', Ideographic: '山田^花子' }]);
    const uri: string = json['7FE00010'].BulkDataURI;
    expect(uri).toBe(`${node.url}/dicom-web${urlOf(colour)}/bulkdata/7FE00010`);
    const range = await get(uri.slice(`${node.url}/dicom-web`.length), {
      Accept: 'application/octet-stream',
      Range: 'bytes=1536-1538',
    });
    expect([range.status, ...(await bytesOf(range))]).toEqual([206, ...COLOURS[1]!]);
    const [xml] = await partsOf(
      await get(`${urlOf(colour)}/metadata`, { Accept: 'multipart/related; type="application/dicom+xml"' }),
    );
    expect(Buffer.from(xml!.bytes).toString()).toContain(`<BulkData uri="${uri}"/>`);
    expect((await get(`${urlOf(colour)}/metadata`, { Accept: 'text/html' })).status).toBe(406);
    expect((await get(`${urlOf(colour)}/bulkdata/00091010`)).status).toBe(404);
    expect((await get(`${urlOf(colour)}/bulkdata/..`)).status).toBeGreaterThanOrEqual(400);
  });
});

/** Grey or RGB values of a PNG that was written with filter 1. */
function readPng(png: Buffer): { columns: number; rows: number; values: Uint8Array; samples: number } {
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  const [columns, rows] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const samples = png[25] === 2 ? 3 : 1;
  const data = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const values = new Uint8Array(columns * rows * samples);
  const stride = columns * samples;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < stride; x++) {
      const left = x < samples ? 0 : values[y * stride + x - samples]!;
      values[y * stride + x] = left + data[y * (stride + 1) + 1 + x]!;
    }
  }
  return { columns, rows, values, samples };
}

describe('rendered images', () => {
  it('apply the window, the inversion and the proportions of pixels', async () => {
    const png = { Accept: 'image/png' };
    const shown = readPng(await bytesOf(await get(`${urlOf(inverted)}/rendered`, png)));
    // Pixels are twice as tall as wide.
    expect([shown.columns, shown.rows]).toEqual([16, 16]);
    expect([shown.values[0], shown.values[15]]).toEqual([255, 0]);
    const wide = readPng(await bytesOf(await get(`${urlOf(inverted)}/rendered?window=0,800`, png)));
    expect(wide.values[15]).toBeGreaterThan(50);
    const view = readPng(await bytesOf(await get(`${urlOf(inverted)}/rendered?viewport=32,64,8,0,8,4`, png)));
    expect([view.columns, view.rows, ...new Set(view.values)]).toEqual([32, 32, 0]);
    const mirrored = readPng(
      await bytesOf(await get(`${urlOf(inverted)}/rendered?viewport=16,16,0,0,-16,8`, png)),
    );
    expect([mirrored.values[0], mirrored.values[15]]).toEqual([0, 255]);
  });

  it('show colours, every frame of an instance, and thumbnails', async () => {
    const second = readPng(
      await bytesOf(await get(`${urlOf(colour)}/frames/2/rendered`, { Accept: 'image/png' })),
    );
    expect([second.samples, ...second.values.subarray(0, 3)]).toEqual([3, ...COLOURS[1]!]);
    const frames = await partsOf(
      await get(`${urlOf(colour)}/rendered`, { Accept: 'multipart/related; type="image/jpeg"' }),
    );
    expect(frames.map((part) => [part.type, part.bytes[0], part.bytes[1]])).toEqual([
      ['image/jpeg', 0xff, 0xd8],
      ['image/jpeg', 0xff, 0xd8],
    ]);
    for (const url of [
      `/studies/${plain.study}`,
      `/studies/${plain.study}/series/${plain.series}`,
      urlOf(plain),
    ]) {
      const thumbnail = await get(`${url}/thumbnail`, { Accept: 'image/png' });
      const { columns, rows } = readPng(await bytesOf(thumbnail));
      expect([url, columns, rows]).toEqual([url, 128, 128]);
    }
    const jpeg = await get(`${urlOf(plain)}/rendered`);
    expect(jpeg.headers.get('content-type')).toBe('image/jpeg');
  });

  it('refuse what cannot be drawn, and say what can', async () => {
    for (const query of [
      'viewport=0,0',
      'viewport=9999,1',
      'window=a,1',
      'quality=0',
      'annotation=patient',
    ]) {
      expect([query, (await get(`${urlOf(plain)}/rendered?${query}`)).status]).toEqual([query, 400]);
    }
    expect((await get(`${urlOf(plain)}/rendered`, { Accept: 'image/gif' })).status).toBe(406);
    expect((await get(`/studies/${plain.study}/rendered`, { Accept: 'image/png' })).status).toBe(406);
    const other = testInstance({ study: 'nobody' });
    expect((await get(`${urlOf(other)}/rendered`)).status).toBe(404);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dataset, UID, vrNames } from '../data/index.ts';
import { parsePart10 } from '../read/index.ts';
import { uidFrom } from '../uid/index.ts';
import { encapsulate, writePart10 } from './index.ts';

const sopClassUid = UID.SecondaryCaptureImageStorage;
const sopInstanceUid = uidFrom('write', 'test');

function everyVr(): Dataset {
  const nested = Dataset.of({
    CodeValue: '1',
    CodeMeaning: 'Größe',
    ReferencedSeriesSequence: [new Dataset(), Dataset.of({ SeriesInstanceUID: '1.2.3' })],
  });
  return Dataset.of({
    SOPClassUID: sopClassUid,
    SOPInstanceUID: sopInstanceUid,
    PatientName: 'Grüße^山田=山田^太郎',
    PatientAge: '042Y',
    StudyDate: '20250102',
    StudyTime: '101112.123',
    AcquisitionDateTime: '20250102101112.123456+0100',
    RetrieveAETitle: ['A', 'B'],
    Rows: 3,
    BitsAllocated: 8,
    FrameIncrementPointer: [0x00540010, 0x00540020],
    RescaleSlope: [1 / 3],
    InstanceNumber: -7,
    PatientComments: '  two\r\nlines  ',
    ImageType: ['ORIGINAL', 'PRIMARY'],
    SmallestImagePixelValue: -3,
    PixelRepresentation: 1,
    RealWorldValueSlope: Math.PI,
    TableTopVerticalPosition: -0.5,
    DisplayedAreaTopLeftHandCorner: [-1, 2],
    SelectorSVValue: -(2n ** 60n),
    SelectorUVValue: 2n ** 63n + 5n,
    LongCodeValue: 'x'.repeat(70001),
    RetrieveURL: 'https://example.org/a?b=c',
    ContentSequence: [nested, nested],
    VectorGridData: Float32Array.of(1.5, -2.5),
    PixelData: Uint8Array.of(1, 2, 3),
  }).setPrivate(0x0009, 'PHOTOPEAK TEST', 0x01, 'OB', Uint8Array.of(5));
}

describe('writing a file', () => {
  it.each([
    UID.ExplicitVRLittleEndian,
    UID.ImplicitVRLittleEndian,
    UID.ExplicitVRBigEndian,
    UID.DeflatedExplicitVRLittleEndian,
  ])('keeps every value in %s', (transferSyntaxUid) => {
    const dataset = everyVr();
    for (const sequenceLengths of ['explicit', 'undefined'] as const) {
      const bytes = writePart10({ dataset, transferSyntaxUid, sequenceLengths });
      expect(bytes.length % 2).toBe(0);
      const read = parsePart10(bytes);
      expect(read.findings).toEqual([]);
      expect(read.transferSyntaxUid).toBe(transferSyntaxUid);
      expect(read.dataset.text('PatientName')).toBe('Grüße^山田=山田^太郎');
      expect(read.dataset.text('SpecificCharacterSet')).toBe('ISO_IR 192');
      expect(read.dataset.item('ContentSequence')?.text('CodeMeaning')).toBe('Größe');
      expect(read.dataset.item('ContentSequence')?.items('ReferencedSeriesSequence')).toHaveLength(2);
      expect(read.dataset.texts('PatientComments')).toEqual(['  two\r\nlines']);
      expect(read.dataset.number('SmallestImagePixelValue')).toBe(-3);
      expect(read.dataset.numbers('FrameIncrementPointer')).toEqual([0x00540010, 0x00540020]);
      expect(read.dataset.number('RealWorldValueSlope')).toBe(Math.PI);
      expect(read.dataset.text('LongCodeValue')).toHaveLength(70001);
      expect(read.dataset.element('SelectorUVValue')?.bytes().length).toBe(8);
      expect([...read.dataset.bytes('PixelData')!]).toEqual([1, 2, 3, 0]);
      expect(Number(read.dataset.text('RescaleSlope'))).toBeCloseTo(1 / 3, 13);
    }
  });

  it('gives the same bytes after reading and writing again', () => {
    const once = writePart10({ dataset: everyVr() });
    const twice = writePart10({ dataset: parsePart10(once).dataset });
    expect(Buffer.compare(once, twice)).toBe(0);
  });

  it('writes a value that is too long for its VR as UN', () => {
    const dataset = Dataset.of({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid });
    dataset.set('RedPaletteColorLookupTableData', new Uint8Array(10));
    dataset.set('DateTime', 'x'.repeat(70000));
    const read = parsePart10(writePart10({ dataset })).dataset;
    expect(read.text('DateTime')).toHaveLength(70000);
  });

  it('keeps fragments and their offset table', () => {
    const frames = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
    const dataset = everyVr().set('PixelData', encapsulate(frames));
    const read = parsePart10(writePart10({ dataset, transferSyntaxUid: UID.RLELossless })).dataset;
    const value = read.element('PixelData')?.fragments();
    expect(value?.fragments.map((fragment) => [...fragment])).toEqual([
      [1, 2, 3, 0],
      [4, 5],
    ]);
    expect([...value!.offsetTable]).toEqual([0, 0, 0, 0, 12, 0, 0, 0]);
  });

  it('refuses a file without identity', () => {
    expect(() => writePart10({ dataset: Dataset.of({ PatientID: 'x' }) })).toThrow(/SOPClassUID/);
  });

  it('gives every number back that fits DS', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const dataset = Dataset.of({ RescaleIntercept: value });
        const text = dataset.text('RescaleIntercept')!;
        expect(text.length).toBeLessThanOrEqual(16);
        const error = Math.abs(Number(text) - value);
        expect(error).toBeLessThanOrEqual(Math.max(Math.abs(value) * 1e-8, 1e-14));
      }),
    );
  });

  it('knows the VRs of PS3.5', () => expect(vrNames).toHaveLength(34));
});

describe('UIDs from parts', () => {
  it('are the same for the same parts, valid and unlike for others', () => {
    expect(uidFrom('a', 'b')).toBe(uidFrom('a', 'b'));
    expect(uidFrom('ab', '')).not.toBe(uidFrom('a', 'b'));
    fc.assert(
      fc.property(fc.array(fc.string()), (parts) => {
        expect(uidFrom(...parts)).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
      }),
    );
  });
});

describeWithPeers('pydicom reads what we write', ['pydicom', 'dcmdump'], () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'photopeak-write-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['explicit', UID.ExplicitVRLittleEndian],
    ['implicit', UID.ImplicitVRLittleEndian],
    ['big', UID.ExplicitVRBigEndian],
    ['deflated', UID.DeflatedExplicitVRLittleEndian],
  ])('%s', (name, transferSyntaxUid) => {
    const file = path.join(folder, `${name}.dcm`);
    writeFileSync(file, writePart10({ dataset: everyVr(), transferSyntaxUid, sequenceLengths: 'undefined' }));
    const script = `
import json, sys, pydicom
d = pydicom.dcmread(sys.argv[1])
d.walk(lambda ds, e: e.value)
print(json.dumps({
  'name': str(d.PatientName), 'slope': float(d.RescaleSlope), 'meaning': d.ContentSequence[1].CodeMeaning,
  'smallest': d.SmallestImagePixelValue, 'rows': d.Rows, 'private': list(d[0x0009, 0x1001].value),
  'uid': d.file_meta.MediaStorageSOPInstanceUID, 'length': len(d.LongCodeValue), 'pointer': [int(t) for t in d.FrameIncrementPointer],
}))`;
    const { status, output } = runPeer('python3', ['-c', script, file]);
    expect(status, output).toBe(0);
    expect(JSON.parse(output)).toEqual({
      name: 'Grüße^山田=山田^太郎',
      slope: Number(everyVr().text('RescaleSlope')),
      meaning: 'Größe',
      smallest: -3,
      rows: 3,
      private: [5, 0],
      uid: sopInstanceUid,
      length: 70001,
      pointer: [0x00540010, 0x00540020],
    });
    const dump = runPeer('dcmdump', [file]);
    expect(dump.status, dump.output).toBe(0);
    expect(dump.output).not.toMatch(/^[WE]:/m);
  });
});

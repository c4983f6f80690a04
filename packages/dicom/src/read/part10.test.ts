import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { dataFile, describeWithData } from '@photopeak/testing';
import dicomParser from 'dicom-parser';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dataset, UID } from '../data/index.ts';
import { writeDataset, writePart10 } from '../write/index.ts';
import { parseDataset, parsePart10, readFileHeader } from './index.ts';

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

const sample = () =>
  Dataset.of({
    SOPClassUID: UID.CTImageStorage,
    SOPInstanceUID: '1.2.3',
    Modality: 'CT',
    PatientID: 'P1',
    ContentSequence: [Dataset.of({ CodeValue: 'A', ContentSequence: [Dataset.of({ CodeValue: 'B' })] })],
    Rows: 2,
    Columns: 2,
    BitsAllocated: 16,
    PixelRepresentation: 1,
    SmallestImagePixelValue: -5,
    PixelData: Int16Array.of(1, -2, 3, -4),
  });

/** Reads everything that can be read; what it returns does not matter. */
function readAll(dataset: Dataset, depth = 0): number {
  let count = 0;
  for (const element of dataset) {
    count += 1;
    if (element.vr !== 'OW' && element.vr !== 'OB') element.texts();
    element.numbers();
    for (const item of element.items()) count += readAll(item, depth + 1);
  }
  return count;
}

function expectSample(dataset: Dataset): void {
  expect(dataset.text('PatientID')).toBe('P1');
  expect(dataset.number('SmallestImagePixelValue')).toBe(-5);
  expect(dataset.item('ContentSequence')?.item('ContentSequence')?.text('CodeValue')).toBe('B');
  expect([...new Int16Array(Uint8Array.from(dataset.bytes('PixelData')!).buffer)]).toEqual([1, -2, 3, -4]);
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    return error.code;
  }
}

describe('forms of a file', () => {
  const file = writePart10({ dataset: sample() });

  it('reads a regular one', () => {
    const { dataset, meta, findings } = parsePart10(file);
    expectSample(dataset);
    expect(meta.text('MediaStorageSOPInstanceUID')).toBe('1.2.3');
    expect(findings).toEqual([]);
  });

  it('reads one without preamble', () => {
    expectSample(parsePart10(file.subarray(128)).dataset);
    expectSample(parsePart10(file.subarray(132)).dataset);
  });

  it('reads one without, and with a wrong, group length of the meta information', () => {
    expectSample(parsePart10(concat(file.subarray(0, 132), file.subarray(144))).dataset);
    const wrong = Uint8Array.from(file);
    new DataView(wrong.buffer).setUint32(140, 7, true);
    expectSample(parsePart10(wrong).dataset);
  });

  it.each([
    ['explicit little', UID.ExplicitVRLittleEndian],
    ['implicit little', UID.ImplicitVRLittleEndian],
    ['explicit big', UID.ExplicitVRBigEndian],
  ])('reads a bare %s endian data set', (_, transferSyntaxUid) => {
    const bytes = writeDataset(sample(), { transferSyntaxUid });
    const read = parsePart10(bytes);
    expectSample(read.dataset);
    expect(read.transferSyntaxUid).toBe(transferSyntaxUid);
    expect(read.findings.map((finding) => finding.code)).toEqual(['DICOM_META_INVALID']);
    expectSample(parseDataset(bytes, { transferSyntaxUid }).dataset);
  });

  it('reads what is encoded otherwise than declared, and says so', () => {
    const implicit = writeDataset(sample(), { transferSyntaxUid: UID.ImplicitVRLittleEndian });
    const metaEnd = file.length - writeDataset(sample()).length;
    const read = parsePart10(concat(file.subarray(0, metaEnd), implicit));
    expectSample(read.dataset);
    expect(read.findings.map((finding) => finding.code)).toEqual(['DICOM_TRANSFER_SYNTAX_MISMATCH']);
  });

  it('reads an ACR-NEMA style data set with group lengths', () => {
    const bytes = hex(`
      08000000 04000000 1e000000   08000100 04000000 48000000
      08001000 0c000000 4143522d 4e454d41 20322e30
      28001000 02000000 0200       28001100 02000000 0300`);
    const { dataset } = parsePart10(bytes);
    expect(dataset.text(0x00080010)).toBe('ACR-NEMA 2.0');
    expect(dataset.number('Columns')).toBe(3);
  });

  it('stops before the pixel data of a file that ends there', () => {
    const cut = file.subarray(0, file.length - 6);
    expect(codeOf(() => parsePart10(cut))).toBe('DICOM_TRUNCATED');
    const { dataset } = parsePart10(cut, { stopBeforePixelData: true });
    expect(dataset.number('Rows')).toBe(2);
    expect(dataset.has('PixelData')).toBe(false);
  });

  it('ignores garbage after the pixel data and says so', () => {
    for (const garbage of [hex('0102030405060708090a'), new Uint8Array(100), hex('e07f1000 ffff')]) {
      const read = parsePart10(concat(file, garbage));
      expectSample(read.dataset);
      expect(read.findings.map((finding) => finding.code)).toEqual(['DICOM_TRAILING_BYTES']);
    }
    expect(parsePart10(concat(file, new Uint8Array(3))).findings).toEqual([]);
  });
});

describe('headers of files', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'photopeak-read-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([UID.ExplicitVRLittleEndian, UID.DeflatedExplicitVRLittleEndian])(
    'in %s stay right when other files are read, also beyond the first prefix',
    (transferSyntaxUid) => {
      const files = [10, 200_000].map((length, i) => {
        const dataset = sample().set('SOPInstanceUID', `1.2.${i}`);
        const text = Array.from({ length }, (_, k) => String.fromCharCode(97 + ((k * k) % 26))).join('');
        dataset.set('TextValue', text);
        const file = path.join(folder, `${i}.dcm`);
        writeFileSync(file, writePart10({ dataset, transferSyntaxUid }));
        return { file, text };
      });
      const headers = files.map(({ file }) => readFileHeader(file));
      for (const [i, header] of headers.entries()) {
        expect(header.meta.text('MediaStorageSOPInstanceUID')).toBe(`1.2.${i}`);
        expect(header.dataset.text('TextValue')).toBe(files[i]!.text);
        expect(header.dataset.has('PixelData')).toBe(false);
      }
    },
  );

  it('name the file when it cannot be read', () => {
    const nowhere = path.join(folder, 'nowhere.dcm');
    expect(() => readFileHeader(nowhere)).toThrow(
      expect.objectContaining({ code: 'DICOM_FILE_UNREADABLE', where: nowhere }),
    );
    const cut = path.join(folder, 'cut.dcm');
    writeFileSync(cut, writePart10({ dataset: sample() }).subarray(0, 400));
    expect(() => readFileHeader(cut)).toThrow(expect.objectContaining({ code: 'DICOM_TRUNCATED' }));
  });
});

describe('irregular elements', () => {
  const explicit = { transferSyntaxUid: UID.ExplicitVRLittleEndian };

  it('reads odd lengths and binary values of a wrong length', () => {
    const { dataset } = parseDataset(hex('10002000 4c4f 0300 414243   28001000 5553 0300 020005'), explicit);
    expect(dataset.text('PatientID')).toBe('ABC');
    expect(dataset.numbers('Rows')).toEqual([2]);
  });

  it('orders elements, and takes the first of two', () => {
    const bytes = hex('28001000 5553 0200 0200  10002000 4c4f 0200 4142  10002000 4c4f 0200 4344');
    const { dataset, findings } = parseDataset(bytes, explicit);
    expect([...dataset].map((element) => element.tag)).toEqual([0x00100020, 0x00280010]);
    expect(dataset.text('PatientID')).toBe('AB');
    expect(findings.map((finding) => finding.code)).toEqual(['DICOM_DUPLICATE_ELEMENT']);
  });

  it('reads an implicit element and an invalid VR among explicit ones', () => {
    const { dataset, findings } = parseDataset(
      hex(
        '08006000 4353 0200 4354  10002000 02000000 4142  28001000 3f3f 0200 0200  28001100 5553 0200 0300',
      ),
      explicit,
    );
    expect(dataset.text('PatientID')).toBe('AB');
    expect(dataset.number('Rows')).toBe(2);
    expect(dataset.number('Columns')).toBe(3);
    expect(findings.map((finding) => finding.code)).toEqual(['DICOM_VR_INVALID', 'DICOM_VR_INVALID']);
  });

  it('reads sequences that became UN: of known and of undefined length, in implicit VR', () => {
    const item = 'feff00e0 0a000000 08000001 02000000 4142';
    const known = hex(`08006000 4353 0200 4354  400030a7 554e 0000 12000000 ${item}`);
    expect(parseDataset(known, explicit).dataset.item('ContentSequence')?.text('CodeValue')).toBe('AB');
    const endless = hex(
      `08006000 4353 0200 4354  09000110 554e 0000 ffffffff ${item} feffdde0 00000000  28001000 5553 0200 0200`,
    );
    const { dataset } = parseDataset(endless, explicit);
    expect(dataset.items(0x00091001)[0]?.text('CodeValue')).toBe('AB');
    expect(dataset.number('Rows')).toBe(2);
  });

  it('finds private values by creator in implicit VR, where their VR is not in the file', () => {
    const dataset = sample()
      .setPrivate(0x7053, 'Somebody', 0x00, 'LO', 'x')
      .setPrivate(0x7053, 'Philips PET Private Group', 0x09, 'DS', '1.5');
    const bytes = writeDataset(dataset, { transferSyntaxUid: UID.ImplicitVRLittleEndian });
    const read = parseDataset(bytes, { transferSyntaxUid: UID.ImplicitVRLittleEndian }).dataset;
    expect(read.privateNumber(0x7053, 'Philips PET Private Group', 0x09)).toBe(1.5);
    expect(read.privateElement(0x7053, 'Nobody', 0x09)).toBeUndefined();
  });

  it('gives items the character set of the data set around them, or their own', () => {
    const utf8 = Buffer.from('é').toString('hex');
    const bytes = hex(`
      08000500 4353 0a00 49534f5f495220313932
      08001511 5351 0000 2c000000
        feff00e0 0a000000 08000401 4c4f 0200 ${utf8}
        feff00e0 12000000 08000500 4353 0a00 49534f5f495220313030`);
    const items = parseDataset(bytes, explicit).dataset.items('ReferencedSeriesSequence');
    expect(items[0]?.text('CodeMeaning')).toBe('é');
    expect(items[1]?.characterSet.name).toBe('ISO_IR 100');
  });
});

describe('hostile bytes', () => {
  const explicit = { transferSyntaxUid: UID.ExplicitVRLittleEndian };

  it('says tag and offset where the data ends too early', () => {
    try {
      parseDataset(hex('08006000 4353 0200 4354  10002000 4c4f ff00 41'), explicit);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(PhotopeakError);
      expect((error as PhotopeakError).code).toBe('DICOM_TRUNCATED');
      expect((error as PhotopeakError).where).toBe('(0010,0020) at byte 10');
    }
  });

  it('refuses what is not DICOM', () => {
    for (const bytes of [
      new Uint8Array(0),
      hex('25504446'),
      new TextEncoder().encode('hello '.repeat(100)),
    ]) {
      expect(codeOf(() => parsePart10(bytes))).toBe('DICOM_NOT_DICOM');
    }
  });

  it('refuses nesting without end, of defined and of undefined length, in linear time', () => {
    const open = hex('400030a7 5351 0000 ffffffff feff00e0 ffffffff');
    const nested = Buffer.concat(Array.from({ length: 50_000 }, () => open));
    expect(codeOf(() => parseDataset(nested, explicit))).toBe('DICOM_NESTING_TOO_DEEP');
    const implicit = Buffer.concat(
      Array.from({ length: 50_000 }, () => hex('400030a7 ffffffff feff00e0 ffffffff')),
    );
    expect(codeOf(() => parseDataset(implicit, { transferSyntaxUid: UID.ImplicitVRLittleEndian }))).toBe(
      'DICOM_NESTING_TOO_DEEP',
    );
  });

  it('refuses a sequence of countless empty items', () => {
    const items = new Uint8Array(8 * 400_000);
    for (let at = 0; at < items.length; at += 8) items.set([0xfe, 0xff, 0x00, 0xe0], at);
    const head = hex('08001511 5351 0000 00000000');
    new DataView(head.buffer).setUint32(8, items.length, true);
    const { dataset } = parseDataset(concat(head, items), explicit);
    expect(codeOf(() => dataset.items('ReferencedSeriesSequence'))).toBe('DICOM_TOO_MANY_ITEMS');
  });

  it('bounds what a deflated file may become', () => {
    const big = sample().set('PixelData', new Uint8Array(4_000_000));
    const file = writePart10({ dataset: big, transferSyntaxUid: UID.DeflatedExplicitVRLittleEndian });
    expect(file.length).toBeLessThan(20_000);
    expect(codeOf(() => parsePart10(file, { limits: { maxBytes: 1_000_000 } }))).toBe('DICOM_TOO_LARGE');
    expect(codeOf(() => parsePart10(file.subarray(0, file.length - 20)))).toBe('DICOM_TRUNCATED');
    expect(parsePart10(file).dataset.bytes('PixelData')?.length).toBe(4_000_000);
  });

  it('does not multiply memory for a UN sequence', () => {
    // 788 KB that another reader turns into 843 MB: nested UN items, each a part of the one around it.
    const depth = 60;
    const inner = Buffer.alloc(780_000);
    const open = hex('09000110 554e 0000 ffffffff feff00e0 ffffffff');
    const openInside = hex('09000110 ffffffff feff00e0 ffffffff');
    const close = hex('feff0de0 00000000 feffdde0 00000000');
    const blob = concat(hex('09000211'), Uint8Array.of(0, 0, 0, 0), inner);
    new DataView(blob.buffer).setUint32(4, inner.length, true);
    const bytes = concat(
      hex('08006000 4353 0200 4354'),
      open,
      ...Array.from({ length: depth - 1 }, () => openInside),
      blob,
      ...Array.from({ length: depth }, () => close),
    );
    const before = process.memoryUsage();
    const { dataset } = parseDataset(bytes, explicit);
    expect(readAll(dataset)).toBe(depth + 2);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(bytes.length * 2);
  });

  it('ends with a result or a named error for any bytes', () => {
    const seeds = [
      writePart10({ dataset: sample() }),
      writePart10({ dataset: sample(), sequenceLengths: 'undefined' }),
      writePart10({
        dataset: sample(),
        transferSyntaxUid: UID.ImplicitVRLittleEndian,
        sequenceLengths: 'undefined',
      }),
      writePart10({ dataset: sample(), transferSyntaxUid: UID.ExplicitVRBigEndian }),
      writePart10({ dataset: sample(), transferSyntaxUid: UID.DeflatedExplicitVRLittleEndian }),
    ];
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(seeds.length - 1), edits, fc.nat(), (which, changes, cut) => {
        const bytes = Uint8Array.from(seeds[which]!);
        for (const [at, value] of changes) bytes[132 + (at % (bytes.length - 132))] = value;
        expectResultOrNamedError(bytes.subarray(0, bytes.length - (cut % 5 === 0 ? cut % bytes.length : 0)));
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectResultOrNamedError), { numRuns: 500 });
  });
});

function expectResultOrNamedError(bytes: Uint8Array): void {
  try {
    readAll(parsePart10(bytes).dataset);
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    expect(error.code).toMatch(/^DICOM_/);
    if (error.code === 'DICOM_TRUNCATED' || error.code === 'DICOM_MALFORMED')
      expect(error.where).toBeDefined();
  }
}

function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const full = path.join(folder, name);
    if (statSync(full).isDirectory()) yield* filesBelow(full);
    else yield full;
  }
}

/** A deterministic stream of pseudo-random numbers (xorshift). */
function randomStream(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

describeWithData('real files', () => {
  const files = [...filesBelow(dataFile())];

  it('are read, or refused as not DICOM, every one', () => {
    const refused: string[] = [];
    let read = 0;
    for (const file of files) {
      const bytes = readFileSync(file);
      try {
        const { dataset } = parsePart10(bytes);
        readAll(dataset);
        read += 1;
        const header = readFileHeader(file);
        expect(header.dataset.text('SOPInstanceUID')).toBe(dataset.text('SOPInstanceUID'));
      } catch (error) {
        if (!(error instanceof PhotopeakError)) throw error;
        expect(error.code, file).toBe('DICOM_NOT_DICOM');
        refused.push(file);
      }
    }
    expect(read).toBeGreaterThan(1500);
    expect(refused.filter((file) => /\.(dcm|seg|wl)$/i.test(file))).toEqual([]);
  });

  it('agree with dicom-parser, element by element', () => {
    const chosen = files.filter((file) => file.endsWith('.dcm')).filter((_, i) => i % 23 === 0);
    let compared = 0;
    for (const file of chosen) {
      const bytes = readFileSync(file);
      const peer = dicomParser.parseDicom(bytes, { untilTag: 'x7fe00010' });
      const { dataset, meta } = parsePart10(bytes);
      for (const [name, element] of Object.entries(peer.elements)) {
        const tag = Number.parseInt(name.slice(1), 16);
        const own = tag >>> 16 === 2 ? meta.element(tag) : dataset.element(tag);
        expect(own, `${file} ${name}`).toBeDefined();
        if (element.items !== undefined) {
          expect(own!.items().length, `${file} ${name}`).toBe(element.items.length);
        } else if (own!.content.kind === 'encoded') {
          expect(own!.content.bytes.length, `${file} ${name}`).toBe(element.length);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(2000);
  });

  it('cut and flipped at random, give a result or a named error', () => {
    const random = randomStream(42);
    const small = files.filter((file) => file.endsWith('.dcm') && statSync(file).size < 60_000);
    const chosen = small.filter((_, i) => i % Math.ceil(small.length / 60) === 0);
    expect(chosen.length).toBeGreaterThan(30);
    for (const file of chosen) {
      const original = readFileSync(file);
      for (let round = 0; round < 12; round++) {
        const bytes = Uint8Array.from(original);
        for (let flip = 0; flip < 1 + (random() % 20); flip++) {
          bytes[132 + (random() % Math.min(4000, bytes.length - 132))] = random() & 0xff;
        }
        expectResultOrNamedError(bytes.subarray(0, round % 3 === 0 ? random() % bytes.length : bytes.length));
      }
    }
  });
});

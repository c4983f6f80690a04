import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dataFile, describeWithData, runPeer } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { Dataset, UID } from '../data/index.ts';
import { parsePart10 } from '../read/index.ts';
import { writePart10 } from '../write/index.ts';
import { type DicomJson, fromDicomJson, nativeDicomXml, toDicomJson } from './index.ts';

const values = () => {
  const dataset = Dataset.of({
    SOPClassUID: UID.RawDataStorage,
    SOPInstanceUID: '1.2.3',
    PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    PatientComments: 'a < b & "c"',
    ImageType: ['ORIGINAL', 'PRIMARY'],
    PixelSpacing: [0.5, 1.25],
    InstanceNumber: 7,
    OtherPatientIDsSequence: [Dataset.of({ PatientID: 'X' }), new Dataset()],
    FrameIncrementPointer: [0x00181063],
    Rows: 3,
    AccessionNumber: null,
  });
  dataset.set(0x00720082, [9007199254740993n, 5n], 'SV');
  dataset.setPrivate(0x0009, 'MAKER', 0x01, 'UN', Uint8Array.of(1, 2, 3, 4));
  dataset.set(0x00091002, new Uint8Array(5000).fill(3), 'OB');
  return dataset;
};
/** What a reader of the file sees. */
const written = () => parsePart10(writePart10({ dataset: values() })).dataset;

describe('DICOM JSON', () => {
  it('writes each kind of value as PS3.18 annex F says', () => {
    const json = toDicomJson(written(), { bulkDataUri: (at) => `bulk/${at}` });
    expect(json['00100010']).toEqual({
      vr: 'PN',
      Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' }],
    });
    expect(json['00080008']!.Value).toEqual(['ORIGINAL', 'PRIMARY']);
    expect(json['00280030']!.Value).toEqual([0.5, 1.25]);
    expect(json['00280009']!.Value).toEqual(['00181063']);
    expect(json['00101002']!.Value).toEqual([{ '00100020': { vr: 'LO', Value: ['X'] } }, {}]);
    expect(json['00080050']).toEqual({ vr: 'SH' });
    expect(json['00720082']!.Value).toEqual(['9007199254740993', 5]);
    expect(json['00091001']).toEqual({ vr: 'UN', InlineBinary: 'AQIDBA==' });
    expect(json['00091002']).toEqual({ vr: 'OB', BulkDataURI: 'bulk/00091002' });
  });

  it('comes back as the same data set', () => {
    const bulk = new Uint8Array(5000).fill(3);
    const json = toDicomJson(written(), { bulkDataUri: (at) => at }) as unknown;
    const back = fromDicomJson(json, { bulkData: (uri) => (uri === '00091002' ? bulk : undefined) });
    expect(Buffer.from(writePart10({ dataset: back }))).toEqual(
      Buffer.from(writePart10({ dataset: values() })),
    );
  });

  it('refuses what is not DICOM JSON, at its place', () => {
    const where = (json: unknown) => {
      try {
        fromDicomJson(json);
        return 'read';
      } catch (error) {
        return (error as { where: string }).where;
      }
    };
    expect(where([])).toBe('the data set');
    expect(where({ PatientName: {} })).toBe('PatientName');
    expect(where({ '00100010': { vr: 'XX' } })).toBe('00100010');
    expect(where({ '00280010': { vr: 'US', Value: ['x'] } })).toBe('00280010');
    expect(where({ '7FE00010': { vr: 'OW', BulkDataURI: 'x' } })).toBe('7FE00010');
    let deep: unknown = {};
    for (let level = 0; level < 40; level++) deep = { '00101002': { vr: 'SQ', Value: [deep] } };
    expect(where(deep)).toContain('00101002[1].');
  });

  it('becomes the native model in XML', () => {
    const xml = nativeDicomXml(toDicomJson(written(), { bulkDataUri: (at) => at }));
    expect(xml).toContain(
      '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic><FamilyName>Yamada</FamilyName><GivenName>Tarou</GivenName></Alphabetic>',
    );
    expect(xml).toContain('<Value number="1">a &lt; b &amp; &quot;c&quot;</Value>');
    expect(xml).toContain(
      '<DicomAttribute tag="00091002" vr="OB" privateCreator="MAKER"><BulkData uri="00091002"/>',
    );
  });
});

describeWithData('DICOM JSON against dcm2json', () => {
  const objects = ['ct_0', 'pt_0', 'seg_binary', 'sr_tid1500', 'rtstruct', 'reg_rigid', 'rwvm_suv', 'kos'];
  it.each(objects)('says the same of %s', (name) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-json-'));
    try {
      const file = dataFile(`golden/${name}.dcm`);
      const target = path.join(folder, 'json');
      expect(runPeer('dcm2json', ['-fc', file, target]).status).toBe(0);
      const theirs = JSON.parse(readFileSync(target, 'utf8')) as DicomJson;
      const ours = toDicomJson(parsePart10(readFileSync(file)).dataset);
      expect(withoutLarge(JSON.parse(JSON.stringify(ours)))).toEqual(withoutLarge(theirs));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** dcm2json has no bulk data by default; numbers that are text there are numbers here. */
function withoutLarge(json: DicomJson): unknown {
  return Object.fromEntries(
    Object.entries(json).map(([tag, { vr, Value, InlineBinary }]) => [
      tag,
      {
        vr,
        ...(Value === undefined
          ? {}
          : {
              Value: Value.map((item) => (vr === 'SQ' ? withoutLarge(item as DicomJson) : normal(vr, item))),
            }),
        ...(InlineBinary === undefined || InlineBinary.length > 1400 ? {} : { InlineBinary }),
      },
    ]),
  );
}

function normal(vr: string, value: unknown): unknown {
  if (vr !== 'DS' && vr !== 'IS' && vr !== 'FL' && vr !== 'FD') return value;
  return value === null ? null : Number(Number(value).toPrecision(6));
}

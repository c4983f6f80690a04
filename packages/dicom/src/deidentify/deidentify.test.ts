import { describe, expect, it } from 'vitest';
import { Dataset, dictionary, type Keyword, UID, vrTraits } from '../data/index.ts';
import { parsePart10 } from '../read/index.ts';
import { errorsOf, validate } from '../validate/index.ts';
import { writePart10 } from '../write/index.ts';
import { shiftDate } from './dates.ts';
import {
  createPseudonyms,
  type DeidentificationOption,
  deidentificationOptions,
  deidentify,
  deidentifyPart10,
  reidentify,
  suvOptions,
} from './index.ts';
import { profileTable } from './profile-table.ts';

const pseudonyms = createPseudonyms('a secret key of this test');
const context = { pseudonyms };
const ROOT_UID = '1.2.3.471147114711';

/** A small PET image as a scanner writes it. */
function petImage(): Dataset {
  return Dataset.of({
    SpecificCharacterSet: 'ISO_IR 100',
    ImageType: ['ORIGINAL', 'PRIMARY'],
    SOPClassUID: UID.PositronEmissionTomographyImageStorage,
    SOPInstanceUID: `${ROOT_UID}.3`,
    StudyInstanceUID: `${ROOT_UID}.1`,
    SeriesInstanceUID: `${ROOT_UID}.2`,
    FrameOfReferenceUID: `${ROOT_UID}.4`,
    StudyDate: '20240131',
    StudyTime: '235500',
    SeriesDate: '20240131',
    SeriesTime: '235800',
    AcquisitionDate: '20240201',
    AcquisitionTime: '000730',
    ContentDate: '20240201',
    ContentTime: '000800',
    Modality: 'PT',
    Manufacturer: 'SCANNERWORKS',
    AccessionNumber: 'ACC-99817',
    PatientName: 'Quandvelt^Mirabel',
    PatientID: 'HOSP-5512',
    PatientBirthDate: '19421105',
    PatientSex: 'F',
    PatientWeight: 63.5,
    PatientSize: 1.64,
    StudyID: '77',
    SeriesNumber: 4,
    InstanceNumber: 9,
    Rows: 2,
    Columns: 2,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    RadiopharmaceuticalInformationSequence: Dataset.of({
      RadiopharmaceuticalStartTime: '230000',
      RadiopharmaceuticalStartDateTime: '20240131230000',
      RadionuclideTotalDose: 3.1e8,
    }),
    PixelData: new Uint8Array(8),
  });
}

const run = (options: readonly DeidentificationOption[], dataset = petImage()) =>
  deidentify(dataset, { options }, context);

describe('the table of the profile', () => {
  it('has the counts of the edition that it names, with the four rows that are groups', () => {
    const counts: Record<string, number> = { X: 4 };
    for (const row of Object.values(profileTable)) {
      const action = row.split(' ')[0]!;
      counts[action] = (counts[action] ?? 0) + 1;
    }
    expect(counts).toEqual({
      X: 384,
      D: 92,
      U: 54,
      Z: 42,
      'X/D': 22,
      'X/Z': 11,
      'X/Z/D': 8,
      'Z/D': 6,
      'X/Z/U*': 2,
    });
  });
});

describe('what leaves', () => {
  const SECRETS = ['quandvelt', 'mirabel', 'hosp-5512', 'acc-99817', '19421105', ROOT_UID, 'hiddenword'];

  function planted(vr: string): string | undefined {
    switch (vr) {
      case 'UI':
        return `${ROOT_UID}.8`;
      case 'DA':
        return '19421105';
      case 'DT':
        return '19421105101010';
      case 'DS':
      case 'IS':
      case 'AS':
      case 'TM':
        return 'Quandvelt';
      default:
        return vr !== 'SQ' && Object.hasOwn(vrTraits, vr) && vrTraits[vr as 'LO'].kind === 'text'
          ? 'Quandvelt HOSP-5512'
          : undefined;
    }
  }

  /** An identifier in every attribute of the dictionary that can hold text, a name, a UID or a date. */
  function plantEverywhere(dataset: Dataset): Dataset {
    const kept = new Set(['SpecificCharacterSet', 'SOPClassUID', 'ImageType', 'PhotometricInterpretation']);
    for (const [keyword, [tag, vrs]] of Object.entries(dictionary)) {
      if (tag < 0x00080000 || kept.has(keyword) || dataset.has(tag)) continue;
      if (
        /ClassUID|TransferSyntax|CodingSchemeUID|ContextUID|MappingResourceUID|CreatorUID|TemplateUID/.test(
          keyword,
        )
      )
        continue;
      const vr = vrs.split('|')[0]!;
      const value = planted(vr);
      if (value !== undefined) dataset.set(tag, value, vr as 'LO');
      else if (vr === 'SQ') dataset.set(tag, [Dataset.of({ PatientName: 'Quandvelt^Mirabel' })]);
    }
    return dataset;
  }

  function worst(): Dataset {
    const deep = plantEverywhere(new Dataset());
    const nested = Dataset.of({ RequestAttributesSequence: Dataset.of({ ReferencedStudySequence: deep }) });
    nested.setPrivate(0x0019, 'VENDOR', 0x01, 'LO', 'Quandvelt');
    const dataset = plantEverywhere(petImage());
    dataset.set('ContributingEquipmentSequence', [nested, deep]);
    dataset.set('ManufacturerModelName', 'Model\0hiddenword', 'LO');
    dataset.setPrivate(0x0009, 'Quandvelt', 0x01, 'LO', 'HOSP-5512');
    dataset.setPrivate(0x7053, 'Philips PET Private Group', 0x00, 'DS', 'Quandvelt');
    dataset.setPrivate(0x0043, 'GEMS_PARM_01', 0x27, 'SH', 'Quandvelt');
    dataset.set(0x50003000, Buffer.from('Quandvelt '), 'OW');
    dataset.set(0x60003000, Buffer.from('Quandvelt '), 'OW');
    dataset.set(0x60000022, 'Quandvelt', 'LO');
    dataset.set(0x00091234, Buffer.from('Quandvelt '), 'UN');
    dataset.set('PixelData', Buffer.concat([Buffer.alloc(8), Buffer.from('hiddenword')]), 'OW');
    return dataset;
  }

  const all = deidentificationOptions.filter(
    (option) =>
      !['retain-uids', 'retain-device-identity', 'retain-full-dates', 'clean-pixel-data'].includes(option),
  );

  it.each([
    ['the Basic Profile', []],
    ['all options that retain no UID', all],
    ['what SUV needs', suvOptions],
  ] as const)('holds no identifier in any byte: %s', async (_name, options) => {
    const bytes = Buffer.from(writePart10({ dataset: worst(), sourceAeTitle: 'QUANDVELT' }));
    bytes.write('Quandvelt', 20, 'latin1');
    expect(bytes.toString('latin1')).toContain('Quandvelt');
    const left = await deidentifyPart10(parsePart10(bytes), { options }, context);
    const text = Buffer.from(left.bytes).toString('latin1').toLowerCase();
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
    expect(left.bytes.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    const again = parsePart10(left.bytes).dataset;
    expect(again.text('PatientIdentityRemoved')).toBe('YES');
    const repeated = await deidentifyPart10(parsePart10(bytes), { options }, context);
    expect(Buffer.from(repeated.bytes).equals(Buffer.from(left.bytes))).toBe(true);
  });

  it('stays a conformant object of its class', () => {
    const before = new Set(errorsOf(validate(petImage())).map(({ where }) => where));
    for (const options of [
      [],
      suvOptions,
      deidentificationOptions.filter((name) => name !== 'retain-full-dates'),
    ]) {
      const added = errorsOf(validate(run(options))).filter(({ where }) => !before.has(where));
      expect(added).toEqual([]);
    }
  });
});

describe('options', () => {
  it('names itself by the codes of CID 7050', () => {
    const codes = run(suvOptions)
      .items('DeidentificationMethodCodeSequence')
      .map((item) => item.text('CodeValue'));
    expect(codes).toEqual(
      ['113100', '113107', '113108', '113111'].sort((a, b) => codes.indexOf(a) - codes.indexOf(b)),
    );
    expect(run(suvOptions).text('LongitudinalTemporalInformationModified')).toBe('MODIFIED');
    expect(run([]).text('LongitudinalTemporalInformationModified')).toBe('REMOVED');
  });

  it('shifts dates by whole days, so that what passed over midnight stays as long', () => {
    const shifted = run(['retain-modified-dates']);
    const days = pseudonyms.shiftDays(petImage());
    expect(days).toBeLessThanOrEqual(-90);
    expect(shifted.text('SeriesDate')).toBe(shiftDate('20240131', days));
    expect(shifted.text('AcquisitionDate')).toBe(shiftDate('20240201', days));
    expect(shifted.text('SeriesTime')).toBe('235800');
    const tracer = shifted.item('RadiopharmaceuticalInformationSequence')!;
    expect(tracer.text('RadiopharmaceuticalStartDateTime')).toBe(shiftDate('20240131230000', days));
    expect(shifted.has('PatientBirthDate')).toBe(true);
    expect(shifted.text('PatientBirthDate')).toBeUndefined();
  });

  it('retains what its name says and nothing else', () => {
    expect(run([]).text('PatientWeight')).toBeUndefined();
    expect(run(['retain-patient-characteristics']).text('PatientWeight')).toBe('63.5');
    expect(run(['retain-uids']).text('StudyInstanceUID')).toBe(`${ROOT_UID}.1`);
    expect(run([]).text('StudyInstanceUID')).toMatch(/^2\.25\.\d{20,39}$/);
    expect(run([]).text('SOPClassUID')).toBe(UID.PositronEmissionTomographyImageStorage);
    expect(run(['retain-full-dates']).text('AcquisitionDate')).toBe('20240201');
    const described = petImage().set('SeriesDescription', 'WB Quandvelt 3.4.2024 Dr. Meier with FDG');
    expect(run([], described).has('SeriesDescription')).toBe(false);
    expect(run(['clean-descriptors'], described).text('SeriesDescription')).toBe(
      'WB REMOVED REMOVED REMOVED with FDG',
    );
  });

  it('keeps safe private attributes by their creator, in whichever block', () => {
    const dataset = petImage();
    dataset.setPrivate(0x7053, 'Somebody else', 0x00, 'DS', '5');
    dataset.setPrivate(0x7053, 'Philips PET Private Group', 0x00, 'DS', '0.00061');
    dataset.setPrivate(0x0009, 'GEMS_PETD_01', 0x0d, 'DT', '20240131235901.00');
    const kept = run(suvOptions, dataset);
    expect(kept.privateNumber(0x7053, 'Philips PET Private Group', 0x00)).toBe(0.00061);
    expect(kept.privateText(0x7053, 'Somebody else', 0x00)).toBeUndefined();
    const days = pseudonyms.shiftDays(dataset);
    expect(kept.privateText(0x0009, 'GEMS_PETD_01', 0x0d)).toBe(shiftDate('20240131235901.00', days));
    expect(run([], dataset).privateNumber(0x7053, 'Philips PET Private Group', 0x00)).toBeUndefined();
  });

  it('replaces the content of a report, or cleans it where that is asked for', () => {
    const item = (values: Parameters<typeof Dataset.of>[0]) =>
      Dataset.of({ RelationshipType: 'CONTAINS', ...values });
    const report = petImage()
      .set('SOPClassUID', UID.Comprehensive3DSRStorage)
      .set('ContentSequence', [
        item({ ValueType: 'TEXT', TextValue: 'Ms Quandvelt, seen on 31.01.2024' }),
        item({ ValueType: 'PNAME', PersonName: 'Reader^Rita' }),
        item({ ValueType: 'NUM', MeasuredValueSequence: Dataset.of({ NumericValue: 4.25 }) }),
      ]);
    const replaced = run([], report).items('ContentSequence');
    expect(replaced.map((entry) => entry.text('TextValue'))).toEqual(['REMOVED']);
    const cleaned = run(['clean-structured-content'], report).items('ContentSequence');
    expect(cleaned[0]!.text('TextValue')).not.toMatch(/Quandvelt|2024/);
    expect(cleaned[1]!.text('PersonName')).toBe('REMOVED');
    expect(cleaned[2]!.item('MeasuredValueSequence')!.number('NumericValue')).toBe(4.25);
  });
});

describe('pseudonyms', () => {
  it('are the same for a key and others for another', () => {
    const other = createPseudonyms('another secret of the test');
    expect(createPseudonyms('a secret key of this test').uid('1.2.3')).toBe(pseudonyms.uid('1.2.3'));
    expect(other.uid('1.2.3')).not.toBe(pseudonyms.uid('1.2.3'));
    expect(other.patient(petImage())).not.toBe(pseudonyms.patient(petImage()));
    expect(() => createPseudonyms('short')).toThrow(
      expect.objectContaining({ code: 'DICOM_DEIDENTIFICATION_KEY' }),
    );
  });

  it('lead back to the study for what returns', () => {
    const original = petImage();
    const sent = run(suvOptions, original);
    const returned = Dataset.of({
      SOPClassUID: UID.Comprehensive3DSRStorage,
      SOPInstanceUID: '2.25.77',
      SeriesInstanceUID: '2.25.78',
      Modality: 'SR',
      ContentDate: '20240203',
    });
    const inherited: readonly Keyword[] = [
      'StudyInstanceUID',
      'PatientID',
      'PatientName',
      'StudyDate',
      'AcquisitionDate',
    ];
    returned.copyFrom(sent, inherited);
    returned.set(
      'ReferencedImageSequence',
      Dataset.of({ ReferencedSOPInstanceUID: sent.text('SOPInstanceUID') }),
    );
    const uids = new Map(
      [1, 2, 3, 4].map((n) => [pseudonyms.uid(`${ROOT_UID}.${n}`), `${ROOT_UID}.${n}`] as const),
    );
    const back = reidentify(returned, {
      uids,
      original,
      shiftDays: pseudonyms.shiftDays(original),
      service: 'outside',
    });
    expect(back.text('StudyInstanceUID')).toBe(`${ROOT_UID}.1`);
    expect(back.text('PatientName')).toBe('Quandvelt^Mirabel');
    expect(back.item('ReferencedImageSequence')!.text('ReferencedSOPInstanceUID')).toBe(`${ROOT_UID}.3`);
    expect(back.text('AcquisitionDate')).toBe('20240201');
    expect(back.text('ContentDate')).toBe('20240203');
    expect(back.text('SOPInstanceUID')).toBe('2.25.77');
    expect(back.has('PatientIdentityRemoved')).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { Dataset, UID } from '../data/index.ts';
import { parsePart10 } from '../read/index.ts';
import { writePart10 } from '../write/index.ts';
import { dateTimeOf, dicomDateTime, dicomTime } from './date-time.ts';
import { groupSeries, type Instance, petAcquisition } from './index.ts';
import { AXIAL, syntheticSlices } from './synthetic.ts';

function instance(dataset: Dataset): Instance {
  const {
    dataset: read,
    transferSyntaxUid,
    findings,
  } = parsePart10(writePart10({ dataset, transferSyntaxUid: UID.ImplicitVRLittleEndian }));
  return {
    path: 'memory',
    dataset: read,
    transferSyntaxUid,
    sopClassUid: read.text('SOPClassUID')!,
    sopInstanceUid: read.text('SOPInstanceUID')!,
    studyInstanceUid: read.text('StudyInstanceUID')!,
    seriesInstanceUid: read.text('SeriesInstanceUID')!,
    modality: 'PT',
    instanceNumber: read.number('InstanceNumber'),
    findings,
  };
}

describe('what SUV needs of a PET series', () => {
  it('is read as written, private elements by creator, also in implicit VR', () => {
    const datasets = syntheticSlices({
      orientation: AXIAL,
      slices: 2,
      common: {
        SOPClassUID: UID.PositronEmissionTomographyImageStorage,
        Modality: 'PT',
        Manufacturer: 'Maker',
        Units: 'CNTS',
        SUVType: 'BW',
        DecayCorrection: 'START',
        CorrectedImage: ['DECY', 'ATTN'],
        SeriesDate: '20250102',
        SeriesTime: '235959.250000',
        AcquisitionDate: '20250103',
        AcquisitionTime: '000130',
        FrameReferenceTime: 60500.5,
        ActualFrameDuration: 120000,
        DecayFactor: '1.5',
        PatientWeight: 70.5,
        PatientSize: 1.75,
        PatientSex: 'F',
        TimezoneOffsetFromUTC: '+0100',
        RadiopharmaceuticalInformationSequence: [
          Dataset.of({
            Radiopharmaceutical: 'FDG',
            RadionuclideTotalDose: 3.5e8,
            RadionuclideHalfLife: 6586.2,
            RadiopharmaceuticalStartTime: '2255',
            RadiopharmaceuticalStartDateTime: '20250102215500.0+0000',
            RadionuclideCodeSequence: [Dataset.of({ CodeValue: '77004003', CodeMeaning: '^18^Fluorine' })],
          }),
        ],
      },
    }).map((dataset, k) =>
      dataset
        .setPrivate(0x0009, 'SOMEBODY ELSE', 0x0d, 'LO', 'not this')
        .setPrivate(0x0009, 'GEMS_PETD_01', 0x0d, 'DT', '20250102235800.00')
        .setPrivate(0x7053, 'Philips PET Private Group', 0x00, 'DS', 0.0005 + k)
        .setPrivate(0x7053, 'Philips PET Private Group', 0x09, 'DS', 1.25),
    );
    const [series] = groupSeries(datasets.map(instance));
    expect(petAcquisition(series!)).toEqual({
      manufacturer: 'Maker',
      units: 'CNTS',
      suvType: 'BW',
      decayCorrection: 'START',
      correctedImage: ['DECY', 'ATTN'],
      seriesDateTime: '2025-01-02T23:59:59.250000',
      gePrivateScanDateTime: '2025-01-02T23:58:00.00',
      patientWeightKg: 70.5,
      patientSizeM: 1.75,
      patientSex: 'F',
      radionuclideTotalDose: 3.5e8,
      radionuclideHalfLifeS: 6586.2,
      injectionDateTime: '2025-01-02T22:55:00.0',
      injectionTime: '22:55:00',
      radionuclideCode: '77004003',
      radionuclideMeaning: '^18^Fluorine',
      radiopharmaceutical: 'FDG',
      slices: [0, 1].map((k) => ({
        sopInstanceUid: datasets[k]!.text('SOPInstanceUID'),
        acquisitionDateTime: '2025-01-03T00:01:30',
        frameReferenceTimeMs: 60500.5,
        frameDurationMs: 120000,
        rescaleSlope: 1,
        rescaleIntercept: 0,
        decayFactor: 1.5,
        philipsSuvFactor: 0.0005 + k,
        philipsActivityFactor: 1.25,
      })),
    });
  });

  it('is null where it is absent', () => {
    const [dataset] = syntheticSlices({ orientation: AXIAL, slices: 1, common: { Modality: 'PT' } });
    const [series] = groupSeries([instance(dataset!)]);
    const acquisition = petAcquisition(series!);
    expect(acquisition.patientWeightKg).toBeNull();
    expect(acquisition.radionuclideTotalDose).toBeNull();
    expect(acquisition.slices[0]?.philipsSuvFactor).toBeNull();
  });
});

describe('dates and times', () => {
  it('keep their fraction and their local meaning', () => {
    expect(dicomTime('101112.123456')).toBe('10:11:12.123456');
    expect(dicomTime('1011')).toBe('10:11:00');
    expect(dicomTime('09:53:00')).toBe('09:53:00');
    expect(dicomTime('nonsense')).toBeUndefined();
    expect(dicomDateTime('20250102101112')).toBe('2025-01-02T10:11:12');
    expect(dicomDateTime('20250102')).toBe('2025-01-02T00:00:00');
    expect(dicomDateTime('20250101003000.5+0000', '-0500')).toBe('2024-12-31T19:30:00.5');
    expect(dicomDateTime('20250101003000+0200')).toBe('2025-01-01T00:30:00');
    const dataset = Dataset.of({ StudyDate: '1993.11.24', StudyTime: '09:53:00' });
    expect(dateTimeOf(dataset, 'StudyDate', 'StudyTime')).toBe('1993-11-24T09:53:00');
    expect(dateTimeOf(dataset, 'SeriesDate', 'StudyTime')).toBeUndefined();
  });
});

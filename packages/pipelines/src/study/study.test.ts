import { Dataset } from '@photopeak/dicom';
import { describe, expect, it } from 'vitest';
import { isOwnResult, newestTime, patientHash } from './index.ts';

const header = (attributes: Parameters<typeof Dataset.of>[0]) => Dataset.of(attributes);

describe('the hash of a patient', () => {
  it('tells patients apart by ID and issuer, and says nothing about them', () => {
    const one = patientHash(header({ PatientID: '4711', PatientName: 'Doe^Jane' }));
    expect(one).toMatch(/^[0-9a-f]{12}$/);
    expect(patientHash(header({ PatientID: '4711', PatientName: 'DOE^JANE' }))).toBe(one);
    expect(patientHash(header({ PatientID: '4712', PatientName: 'Doe^Jane' }))).not.toBe(one);
    expect(patientHash(header({ PatientID: '4711', IssuerOfPatientID: 'Elsewhere' }))).not.toBe(one);
  });

  it('falls back to the name without an ID', () => {
    const jane = patientHash(header({ PatientID: '', PatientName: 'Doe^Jane' }));
    expect(patientHash(header({ PatientName: 'Doe^John' }))).not.toBe(jane);
  });
});

describe('the newest time of a study', () => {
  it('is the newest of all headers, to the second, whatever attribute names it', () => {
    const headers = [
      header({ StudyDate: '20240301', StudyTime: '081500' }),
      header({ AcquisitionDateTime: '20240301093000.250000' }),
      header({ InstanceCreationDate: '20240301', InstanceCreationTime: '091500' }),
    ];
    expect(newestTime(headers)).toBe('2024-03-01T09:30:00');
    expect(newestTime([...headers].reverse())).toBe('2024-03-01T09:30:00');
  });

  it('is a fixed one where no header has both a date and a time', () => {
    expect(newestTime([header({ StudyDate: '20240301' }), header({})])).toBe('1970-01-01T00:00:00');
    expect(newestTime([])).toBe('1970-01-01T00:00:00');
  });
});

describe('an own result', () => {
  it('is known by its manufacturer, not by its modality', () => {
    expect(isOwnResult(header({ Manufacturer: 'Photopeak', Modality: 'SEG' }))).toBe(true);
    expect(isOwnResult(header({ Manufacturer: 'GE MEDICAL SYSTEMS', Modality: 'SEG' }))).toBe(false);
  });
});

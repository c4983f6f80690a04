import { describe, expect, it } from 'vitest';
import { type Change, differencesOf, headlineOf } from './changes.ts';

const shown = { patientId: 'OLD', issuer: '', name: 'Curie^Marie', birthDate: '', sex: 'F' };

describe('a change of a patient', () => {
  it('is said in words', () => {
    const change = {
      retired: { patientId: 'OLD', issuer: 'HOSP' },
      surviving: { patientId: 'NEW', issuer: '' },
    };
    const headline = (kind: Change['kind']) => headlineOf({ ...change, kind } as Change);
    expect(headline('merge')).toBe('OLD (HOSP) is the same patient as NEW');
    expect(headline('change-id')).toBe('The number OLD (HOSP) was changed to NEW');
  });

  it('shows the fields that differ, empty ones too', () => {
    const after = { ...shown, patientId: 'NEW', issuer: 'HOSP', birthDate: '18671107' };
    const study = { studyInstanceUid: '1.2', studyDate: '', description: '', before: shown, after };
    expect(differencesOf(study)).toEqual([
      { before: 'OLD', after: 'NEW (HOSP)' },
      { before: 'no birth date', after: 'born 1867-11-07' },
    ]);
    expect(differencesOf({ ...study, after: shown })).toEqual([]);
  });
});

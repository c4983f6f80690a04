import { createHash } from 'node:crypto';
import { type DatasetValues, uidFrom } from '@photopeak/dicom';
import { dateOf, type LocalSeconds, parseLocal, timeOf } from '../../shared/local-time.ts';
import type { CardiacTruth } from '../truth.ts';

/** What all instances of one heart study share. */
export interface CardiacStudy {
  readonly truth: CardiacTruth;
  readonly at: { readonly stress: LocalSeconds; readonly rest: LocalSeconds };
  readonly uid: (...parts: readonly (string | number)[]) => string;
  /** Patient and General Study modules. */
  readonly common: DatasetValues;
}

const THREE_HOURS = 3 * 3600;
const START = '20250210084500';
const AGE_YEARS = 61;

/** Identity and times; all UIDs derive from the truth and the start (`YYYYMMDDHHMMSS`). */
export function describeCardiacStudy(truth: CardiacTruth, startedAt = START): CardiacStudy {
  const stress = parseLocal(startedAt);
  const key = createHash('sha256')
    .update(JSON.stringify([truth, stress]))
    .digest('hex');
  const uid = (...parts: readonly (string | number)[]) =>
    uidFrom('photopeak/phantom/cardiac', key, ...parts.map(String));
  const { modality, seed, sex } = truth;
  return {
    truth,
    uid,
    at: { stress, rest: stress + THREE_HOURS },
    common: {
      SpecificCharacterSet: 'ISO_IR 100',
      StudyDate: dateOf(stress),
      StudyTime: timeOf(stress),
      AccessionNumber: `HE${String(seed).padStart(6, '0').slice(-10)}`,
      ReferringPhysicianName: 'PHANTOM^REFERRER',
      StudyDescription: `PHANTOM myocardial perfusion ${modality === 'NM' ? 'SPECT' : 'PET'}`,
      PatientName: 'PHANTOM^HEART',
      PatientID: `PHANTOM-HEART-${seed}`,
      PatientBirthDate: `${Number(dateOf(stress).slice(0, 4)) - AGE_YEARS}0101`,
      PatientSex: sex,
      PatientSize: 1.72,
      PatientWeight: 78,
      QualityControlSubject: 'YES',
      PatientComments: 'Computed phantom. No person was scanned.',
      StudyInstanceUID: uid('study'),
      StudyID: String(seed),
    },
  };
}

import { createHash } from 'node:crypto';
import { Dataset, type DatasetValues, uidFrom } from '@photopeak/dicom';
import { dateOf, type LocalSeconds, parseLocal, timeOf } from '../../shared/local-time.ts';
import { Random } from '../../shared/random.ts';
import type { PetctPhantom } from '../phantom.ts';
import { tracers } from '../tracers.ts';
import { truthToJson } from '../truth.ts';

const DAY = 86400;

/** When each part of the study happened, local seconds. */
export interface Timeline {
  readonly study: LocalSeconds;
  readonly localizer: LocalSeconds;
  readonly ct: LocalSeconds;
  readonly pet: LocalSeconds;
  readonly injection: LocalSeconds;
}

/** What all instances of one study share. */
export interface Study {
  readonly phantom: PetctPhantom;
  readonly timeline: Timeline;
  readonly frameOfReference: { readonly ct: string; readonly pet: string };
  readonly uid: (...parts: readonly (string | number)[]) => string;
  /** Patient and General Study modules. */
  readonly common: DatasetValues;
}

/**
 * Identity and times of a phantom's study. All UIDs derive from the truth and the start, so that another phantom
 * never shares one. Without `startedAt` (`YYYYMMDDHHMMSS`) the day and hour come from the seed. Later visits of one
 * person follow by months from the start of the first.
 */
export function describeStudy(phantom: PetctPhantom, startedAt?: string): Study {
  const { truth } = phantom;
  const { dose, seed, style } = truth;
  const random = Random.of('petct', seed, 'timeline');
  const { visit = 0 } = truth;
  const first =
    startedAt === undefined
      ? parseLocal('20250106000000') +
        random.integer(0, 500) * DAY +
        random.integer(9 * 60, 15 * 60) * 60 +
        random.integer(0, 59)
      : parseLocal(startedAt);
  const study = first + daysUntil(seed, visit) * DAY;
  const birthYear = Number(dateOf(first).slice(0, 4)) - dose.ageYears;
  const age = Number(dateOf(study).slice(0, 4)) - birthYear;
  const localizer = study + 20;
  const ct = localizer + 55;
  const pet = ct + random.integer(95, 160);
  const timeline = { study, localizer, ct, pet, injection: pet - dose.uptakeSeconds };
  const key = createHash('sha256')
    .update(JSON.stringify([truthToJson(truth), study]))
    .digest('hex');
  const uid = (...parts: readonly (string | number)[]) =>
    uidFrom('photopeak/phantom/petct', key, ...parts.map(String));
  const ctFrame = uid('frame-of-reference', 'ct');
  const moved = truth.petToCtRigid.some((value, n) => value !== (n % 5 === 0 ? 1 : 0));
  return {
    phantom,
    timeline,
    uid,
    frameOfReference: { ct: ctFrame, pet: moved ? uid('frame-of-reference', 'pet') : ctFrame },
    common: {
      SpecificCharacterSet: 'ISO_IR 100',
      StudyDate: dateOf(study),
      StudyTime: timeOf(study),
      AccessionNumber: `PH${String(seed).padStart(6, '0').slice(-10)}${visit === 0 ? '' : `V${visit}`}`,
      ReferringPhysicianName: 'PHANTOM^REFERRER',
      StudyDescription:
        truth.tracer === undefined ? 'PHANTOM PET-CT whole body FDG' : tracers[truth.tracer].studyDescription,
      PatientName: 'PHANTOM^PETCT',
      PatientID: `PHANTOM-${style.toUpperCase()}-${seed}`,
      PatientBirthDate: `${birthYear}0101`,
      PatientSex: dose.sex,
      PatientAge: `${String(age).padStart(3, '0')}Y`,
      PatientSize: dose.heightM,
      PatientWeight: dose.weightKg,
      QualityControlSubject: 'YES',
      PatientComments: 'Computed phantom. No person was scanned.',
      StudyInstanceUID: uid('study'),
      StudyID: String(seed),
    },
  };
}

/** Days from the first examination to a later one: two to four months between two. */
function daysUntil(seed: number, visit: number): number {
  let days = 0;
  for (let n = 1; n <= visit; n++) days += Random.of('petct', seed, 'timeline', 'visit', n).integer(56, 120);
  return days;
}

/** A code item. */
export function code(value: string, scheme: string, meaning: string): Dataset {
  return Dataset.of({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning });
}

import { createHmac } from 'node:crypto';
import type { Dataset } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';

/** Shorter keys could be guessed by trying. */
const SHORTEST_KEY = 16;

/** Root of the UIDs that the standard itself registers: SOP classes, transfer syntaxes, well-known instances. */
const STANDARD_ROOT = '1.2.840.10008.';

const BASE32 = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const PSEUDONYM_LETTERS = 12;

/** Days between the real and the shifted date: at least this, so that a shifted date is never near the real one. */
const SHORTEST_SHIFT_DAYS = 90;
const SHIFT_RANGE_DAYS = 3_560;

/**
 * Replacements that depend on a secret key and on what they replace, so that the same patient and the same UID are
 * replaced alike everywhere, on any day and machine, and nobody without the key can find the way back by trying.
 */
export interface Pseudonyms {
  /** `2.25.` and 128 bits of HMAC-SHA256; UIDs of the standard stay as they are. */
  readonly uid: (uid: string) => string;
  /** Stands for the patient in Patient ID and Patient's Name. */
  readonly patient: (dataset: Dataset) => string;
  /** Whole days, negative: dates go back, times of day stay. The same for all objects of a patient. */
  readonly shiftDays: (dataset: Dataset) => number;
}

/** @throws DICOM_DEIDENTIFICATION_KEY for a key of less than 16 bytes. */
export function createPseudonyms(key: string): Pseudonyms {
  if (Buffer.byteLength(key) < SHORTEST_KEY) {
    throw dicomError('DICOM_DEIDENTIFICATION_KEY', 'The key of a de-identification is too short', {
      expected: `at least ${SHORTEST_KEY} bytes`,
      found: `${Buffer.byteLength(key)} bytes`,
    });
  }
  const keyed = (purpose: string, text: string) =>
    createHmac('sha256', key).update(`${purpose}\0${text}`, 'utf8').digest();
  const known = new Map<string, string>();
  return {
    uid(uid) {
      if (uid === '' || uid.startsWith(STANDARD_ROOT)) return uid;
      let replaced = known.get(uid);
      if (replaced === undefined) {
        replaced = `2.25.${BigInt(`0x${keyed('uid', uid).toString('hex', 0, 16)}`)}`;
        known.set(uid, replaced);
      }
      return replaced;
    },
    patient(dataset) {
      const bytes = keyed('patient', identityOf(dataset));
      let text = '';
      for (let i = 0; i < PSEUDONYM_LETTERS; i++) text += BASE32[bytes[i]! % BASE32.length];
      return `P${text}`;
    },
    shiftDays(dataset) {
      const bytes = keyed('dates', identityOf(dataset));
      return -(SHORTEST_SHIFT_DAYS + (bytes.readUInt32BE(0) % SHIFT_RANGE_DAYS));
    },
  };
}

/** Who it is: Patient ID with its issuer; without an ID, each study stands for itself. */
function identityOf(dataset: Dataset): string {
  const id = dataset.text('PatientID');
  if (id === undefined) return `study:${dataset.text('StudyInstanceUID') ?? ''}`;
  return `${dataset.text('IssuerOfPatientID') ?? ''}\0${id}`;
}

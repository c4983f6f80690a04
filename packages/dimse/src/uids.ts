import { isUid } from './pdu/index.ts';

/** PS3.6 annex A: the few UIDs that this package itself has to know. */
export const VERIFICATION = '1.2.840.10008.1.1';

/** An information model of PS3.4 annex C with the SOP class of each of its services. */
export interface QueryRetrieveModel {
  readonly find: string;
  readonly move: string;
  readonly get: string;
}

export const PATIENT_ROOT: QueryRetrieveModel = {
  find: '1.2.840.10008.5.1.4.1.2.1.1',
  move: '1.2.840.10008.5.1.4.1.2.1.2',
  get: '1.2.840.10008.5.1.4.1.2.1.3',
};

export const STUDY_ROOT: QueryRetrieveModel = {
  find: '1.2.840.10008.5.1.4.1.2.2.1',
  move: '1.2.840.10008.5.1.4.1.2.2.2',
  get: '1.2.840.10008.5.1.4.1.2.2.3',
};

/** PS3.4 annex K. */
export const MODALITY_WORKLIST = '1.2.840.10008.5.1.4.31';

/** PS3.4 annex F: modality performed procedure step, and its retrieve and notification classes. */
export const PROCEDURE_STEP = '1.2.840.10008.3.1.2.3.3';
export const PROCEDURE_STEP_RETRIEVE = '1.2.840.10008.3.1.2.3.4';
export const PROCEDURE_STEP_NOTIFICATION = '1.2.840.10008.3.1.2.3.5';

/** PS3.4 annex J: the push model has one well-known instance. */
export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1';
export const STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';

/** PS3.4 annex R. */
export const INSTANCE_AVAILABILITY = '1.2.840.10008.5.1.4.33';

/** PS3.4 annex CC: unified procedure steps. The SOP class of every instance is that of `push`. */
export const UPS = {
  push: '1.2.840.10008.5.1.4.34.6.1',
  watch: '1.2.840.10008.5.1.4.34.6.2',
  pull: '1.2.840.10008.5.1.4.34.6.3',
  event: '1.2.840.10008.5.1.4.34.6.4',
  query: '1.2.840.10008.5.1.4.34.6.5',
} as const;

/** Well-known instances for subscriptions to all work items (PS3.4 CC.2.3). */
export const UPS_GLOBAL_SUBSCRIPTION = '1.2.840.10008.5.1.4.34.5';
export const UPS_FILTERED_SUBSCRIPTION = '1.2.840.10008.5.1.4.34.5.1';

export const TRANSFER_SYNTAX = {
  implicitLittleEndian: '1.2.840.10008.1.2',
  explicitLittleEndian: '1.2.840.10008.1.2.1',
  deflatedLittleEndian: '1.2.840.10008.1.2.1.99',
  explicitBigEndian: '1.2.840.10008.1.2.2',
} as const;

const UNCOMPRESSED: ReadonlySet<string> = new Set([
  TRANSFER_SYNTAX.implicitLittleEndian,
  TRANSFER_SYNTAX.explicitLittleEndian,
  TRANSFER_SYNTAX.explicitBigEndian,
]);

export const isUncompressed = (transferSyntax: string) => UNCOMPRESSED.has(transferSyntax);

/** PS3.5 annex A: JPEG, RLE, JPEG-LS, JPEG 2000, MPEG, HEVC, HTJ2K, JPEG XL, deflated; and those of tomorrow. */
const STANDARD_TRANSFER_SYNTAX = /^1\.2\.840\.10008\.1\.2(\.|$)/;

/** Roots that hold storage classes beside PS3.4's `5.1.4.1.1`, by their full UIDs (PS3.4 annex B.5 and GG). */
const OTHER_STORAGE: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.4.34.7',
  '1.2.840.10008.5.1.4.34.10',
  '1.2.840.10008.5.1.4.38.1',
  '1.2.840.10008.5.1.4.39.1',
  '1.2.840.10008.5.1.4.43.1',
  '1.2.840.10008.5.1.4.44.1',
  '1.2.840.10008.5.1.4.45.1',
]);

/**
 * Whether a SOP class is one that is stored: the standard's own, present and future, and every private one. What
 * stays out are the standard's other services (query, print, work lists).
 */
export function isStorageSopClass(uid: string): boolean {
  if (!isUid(uid)) return false;
  if (uid.startsWith('1.2.840.10008.')) {
    return uid.startsWith('1.2.840.10008.5.1.4.1.1.') || OTHER_STORAGE.has(uid);
  }
  return true;
}

export const isStandardTransferSyntax = (uid: string) => STANDARD_TRANSFER_SYNTAX.test(uid);

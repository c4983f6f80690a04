import { isUid } from './pdu/index.ts';

/** PS3.6 annex A: the few UIDs that this package itself has to know. */
export const VERIFICATION = '1.2.840.10008.1.1';

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

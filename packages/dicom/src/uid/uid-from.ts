import { createHash } from 'node:crypto';

/**
 * A UID that depends only on its parts: `2.25.` and 128 bits of their SHA-256 as a decimal number (PS3.5 annex B.2
 * form, with version and variant bits set as for a name-based UUID). The same parts always give the same UID.
 */
export function uidFrom(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    // The length goes in too, so that ('ab', 'c') and ('a', 'bc') differ.
    const bytes = Buffer.from(part, 'utf8');
    hash.update(`${bytes.length}:`).update(bytes);
  }
  const digest = hash.digest().subarray(0, 16);
  digest[6] = (digest[6]! & 0x0f) | 0x80;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${digest.toString('hex')}`)}`;
}

/** A valid UID of at most 64 characters, PS3.5 section 9.1. */
export function isUid(text: string): boolean {
  return text.length <= 64 && /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/.test(text);
}

import type { CommonConnectionOptions, SecureContextOptions, TLSSocket } from 'node:tls';
import { DimseError } from '../errors.ts';

/**
 * The cipher suites of BCP 195 (RFC 9325) in our order: forward secrecy and authenticated encryption only. The four
 * that PS3.15 B.10 names for TLS 1.2 are among them (ECDHE and DHE, RSA, AES 128 and 256 in GCM).
 */
export const CIPHERS: readonly string[] = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'DHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-AES128-GCM-SHA256',
];

const OLD_VERSIONS: ReadonlySet<string> = new Set(['TLSv1', 'TLSv1.1']);

/** The non-downgrading BCP 195 TLS profile (PS3.15 B.10): TLS 1.2 at least, whatever else is asked for. */
export function secured<T extends SecureContextOptions & CommonConnectionOptions>(options: T): T {
  const { minVersion, maxVersion, secureProtocol } = options;
  const asked = [minVersion, maxVersion].find(
    (version) => version !== undefined && OLD_VERSIONS.has(version),
  );
  if (asked !== undefined || secureProtocol !== undefined) {
    throw new DimseError('DIMSE_ARGUMENT', 'TLS is not used below version 1.2.', {
      expected: 'minVersion and maxVersion of TLSv1.2 or TLSv1.3, no secureProtocol',
      found: asked ?? secureProtocol ?? '',
    });
  }
  return {
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS.join(':'),
    honorCipherOrder: true,
    // Without it a server offers no DHE, which PS3.15 B.10 asks for.
    dhparam: 'auto',
    ...options,
  };
}

/** SHA-256 of the certificate that the peer has shown, as `AB:CD:…`; undefined where it has shown none. */
export function fingerprintOf(socket: object): string | undefined {
  if (!('getPeerCertificate' in socket)) return undefined;
  const fingerprint = (socket as TLSSocket).getPeerCertificate().fingerprint256;
  return fingerprint === '' ? undefined : fingerprint;
}

/** Where certificates are asked for and not required: whether the peer has shown one that no authority vouches for. */
export function showsUntrusted(socket: object): boolean {
  return fingerprintOf(socket) !== undefined && !(socket as TLSSocket).authorized;
}

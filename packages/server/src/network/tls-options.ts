import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { PhotopeakError } from '@photopeak/imaging';
import type { DicomTls, TlsClient, TlsServer } from '../config/index.ts';

/**
 * Options for a connection to `host`. The files are read now: a certificate that was renewed counts from the next
 * connection.
 * @throws PhotopeakError TLS_FILE_UNREADABLE
 */
export function clientTls(tls: TlsClient, host: string): ConnectionOptions {
  // RFC 6066: an address is no server name; the certificate is then checked for the address itself.
  const servername = tls.serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    ...(servername === undefined ? {} : { servername }),
    ...(tls.authorities === undefined ? {} : { ca: read(tls.authorities) }),
    ...(tls.certificate === undefined ? {} : { cert: read(tls.certificate) }),
    ...(tls.key === undefined ? {} : { key: read(tls.key) }),
  };
}

/**
 * Options for a listener: with authorities, and unless `clientCertificates` says otherwise, only clients with a
 * certificate of these are let in.
 * @throws PhotopeakError TLS_FILE_UNREADABLE
 */
export function serverTls(
  tls: TlsServer & Partial<Pick<DicomTls, 'profile' | 'clientCertificates'>>,
): TlsOptions {
  const { clientCertificates = 'required' } = tls;
  const asks = tls.authorities !== undefined && clientCertificates !== 'none';
  return {
    cert: read(tls.certificate),
    key: read(tls.key),
    ...(tls.profile === 'tls1.3' ? { minVersion: 'TLSv1.3' } : {}),
    ...(asks
      ? {
          ca: read(tls.authorities!),
          requestCert: true,
          // Where it is optional, the listener closes a connection that shows one which nobody vouches for.
          rejectUnauthorized: clientCertificates === 'required',
        }
      : {}),
  };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new PhotopeakError('a TLS file cannot be read', {
      code: 'TLS_FILE_UNREADABLE',
      where: file,
      found: cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable',
      remedy: 'check the paths and permissions of certificate, key and authorities',
      cause,
    });
  }
}

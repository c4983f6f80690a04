import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { runPeer } from './peers.ts';

export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface TestAuthority extends TestCertificate {
  /** A certificate of this authority for localhost and 127.0.0.1, valid for so many days from now. */
  issue(name: string, days?: number): TestCertificate;
}

function openssl(...args: readonly string[]): void {
  const { status, output } = runPeer('openssl', args);
  if (status !== 0) throw new Error(output);
}

/** A certificate authority in a folder, made with openssl. */
export function createAuthority(folder: string, name: string): TestAuthority {
  const file = (what: string) => path.join(folder, what);
  const own = { certificate: file(`${name}.pem`), key: file(`${name}.key`) };
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', '-subj', `/CN=${name}`],
    ...['-keyout', own.key, '-out', own.certificate],
  );
  return {
    ...own,
    issue(subject, days = 90) {
      const made = { certificate: file(`${subject}.pem`), key: file(`${subject}.key`) };
      const request = file(`${subject}.csr`);
      const extensions = file(`${subject}.ext`);
      writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
      openssl(
        ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${subject}`],
        ...['-keyout', made.key, '-out', request],
      );
      openssl(
        ...['x509', '-req', '-in', request, '-CA', own.certificate, '-CAkey', own.key, '-CAcreateserial'],
        ...['-days', String(days), '-extfile', extensions, '-out', made.certificate],
      );
      return made;
    },
  };
}

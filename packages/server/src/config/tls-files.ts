import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Configuration } from './schema.ts';
import type { TlsClient, TlsServer } from './tls.ts';

/** What is wrong with a file that the configuration names. */
export interface TlsProblem {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
}

/** A certificate that this node shows or trusts, and where the configuration names it. */
export interface NamedCertificate {
  /** Setting, as `destinations.0.tls.certificate`. */
  readonly setting: string;
  readonly path: readonly PropertyKey[];
  readonly subject: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

interface Place {
  readonly path: readonly PropertyKey[];
  readonly tls: Partial<TlsClient & TlsServer>;
}

/** Everything in a configuration that speaks TLS. */
function places(configuration: Configuration): Place[] {
  const found: Place[] = [];
  const add = (path: readonly PropertyKey[], tls: Place['tls'] | undefined) => {
    if (tls !== undefined) found.push({ path, tls });
  };
  add(['dicom', 'tls'], configuration.dicom.tls);
  add(['hl7', 'tls'], configuration.hl7.tls);
  for (const list of ['destinations', 'archives', 'worklists'] as const) {
    configuration[list].forEach((entry, index) => {
      if ('tls' in entry) add([list, index, 'tls'], entry.tls);
    });
  }
  configuration.models.servers.forEach(({ tls }, index) => {
    add(['models', 'servers', index, 'tls'], tls);
  });
  configuration.sources.forEach((source, index) => {
    if (source.kind === 'dimse') add(['sources', index, 'commitment', 'tls'], source.commitment?.tls);
  });
  return found;
}

/** Reads every file that the configuration names for TLS. A certificate out of its time is a problem at `now`. */
export function checkTlsFiles(
  configuration: Configuration,
  now: Date,
): { readonly problems: readonly TlsProblem[]; readonly certificates: readonly NamedCertificate[] } {
  const problems: TlsProblem[] = [];
  const certificates: NamedCertificate[] = [];
  for (const { path, tls } of places(configuration)) {
    const report = (key: string): Problem => problemAt([...path, key], problems);
    const keep = (key: string, chain: readonly X509Certificate[]) => {
      for (const certificate of chain) {
        certificates.push({
          setting: [...path, key].map(String).join('.'),
          path: [...path, key],
          subject: certificate.subject.split('\n').at(-1) ?? '',
          validFrom: new Date(certificate.validFrom),
          validTo: new Date(certificate.validTo),
        });
      }
    };
    if (tls.authorities !== undefined) keep('authorities', readChain(tls.authorities, report('authorities')));
    const own = tls.certificate === undefined ? [] : readChain(tls.certificate, report('certificate'));
    keep('certificate', own);
    if (tls.key === undefined && tls.certificate !== undefined) missing(report('certificate'), 'key');
    if (tls.key === undefined) continue;
    if (tls.certificate === undefined) missing(report('key'), 'certificate');
    checkKey(tls.key, own[0], report('key'));
  }
  for (const { path, validFrom, validTo } of certificates) {
    const problem = problemAt(path, problems);
    if (validTo < now) {
      problem('TLS_CERTIFICATE_EXPIRED', `valid until ${validTo.toISOString()}`, {
        remedy: 'put a renewed certificate there',
      });
    } else if (validFrom > now) {
      problem('TLS_CERTIFICATE_NOT_YET_VALID', `valid from ${validFrom.toISOString()}`, {
        remedy: 'check the clock of this machine, or take a certificate that is valid now',
      });
    }
  }
  return { problems, certificates };
}

type Problem = (code: string, message: string, more: { readonly remedy: string }) => void;

const problemAt =
  (path: readonly PropertyKey[], problems: TlsProblem[]): Problem =>
  (code, message, { remedy }) => {
    problems.push({ path, code, message, remedy });
  };

function missing(problem: Problem, other: string): void {
  problem('TLS_FILE_MISSING', `certificate and key belong together, and ${other} is not given`, {
    remedy: 'name both, or neither',
  });
}

function readChain(file: string, problem: Problem): X509Certificate[] {
  const text = read(file, problem);
  if (text === undefined) return [];
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length === 0) throw new Error('no certificate in it');
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    problem('TLS_FILE_INVALID', `${file} holds no certificate in PEM`, {
      remedy: 'convert it (openssl x509 -outform PEM), or name the right file',
    });
    return [];
  }
}

function checkKey(file: string, certificate: X509Certificate | undefined, problem: Problem): void {
  const text = read(file, problem);
  if (text === undefined) return;
  try {
    const key = createPrivateKey(text);
    if (certificate !== undefined && !certificate.checkPrivateKey(key)) {
      problem('TLS_KEY_MISMATCH', `${file} is not the key of the certificate`, {
        remedy: 'name the key that the certificate was made for; the own certificate comes first in its file',
      });
    }
  } catch {
    problem('TLS_FILE_INVALID', `${file} holds no private key in PEM without a passphrase`, {
      remedy: 'convert it (openssl pkey), or name the right file',
    });
  }
}

function read(file: string, problem: Problem): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    problem('TLS_FILE_UNREADABLE', `${file} cannot be read (${code})`, {
      remedy: 'check the path, and that the account of the node may read the file',
    });
    return undefined;
  }
}

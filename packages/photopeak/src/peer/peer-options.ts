import { readFile } from 'node:fs/promises';
import type { Peer, UserIdentity } from '@photopeak/dimse';
import type { Command } from 'commander';
import { finiteNumber, optionError } from '../terminal/index.ts';

/** What every command that talks to a DICOM peer takes. */
export interface PeerArguments {
  readonly calling: string;
  readonly timeout: string;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsUnverified?: boolean;
  readonly user?: string;
  readonly json?: boolean;
}

/** The environment variable that keeps a passcode off the command line. */
export const PASSCODE_VARIABLE = 'PHOTOPEAK_PASSCODE';

export function withPeerOptions(command: Command): Command {
  return command
    .option('--calling <title>', 'our AE title', 'PHOTOPEAK')
    .option('--timeout <seconds>', 'how long to wait for a connection or an answer', '30')
    .option('--tls', 'encrypt; the certificate of the peer is checked')
    .option('--tls-ca <file>', 'certificates that are trusted (PEM); implies --tls')
    .option('--tls-cert <file>', 'our own certificate (PEM), where the peer asks for one')
    .option('--tls-key <file>', 'key of our certificate (PEM)')
    .option('--tls-unverified', 'encrypt without checking who the peer is; for tests only')
    .option('--user <name>', `user identity; a passcode comes from ${PASSCODE_VARIABLE}`)
    .option('--json', 'print JSON');
}

const PEER = /^(?<title>[^@]{1,16})@(?<host>\[[^\]]+\]|[^:]+)(?::(?<port>\d{1,5}))?$/;

/** PS3.8 9.1.1 and PS3.15: the registered ports. */
const DICOM_PORT = 104;
const DICOM_TLS_PORT = 2762;

/** `PACS@10.0.0.5:104` with the options of the command. */
export async function peerOf(text: string, options: PeerArguments): Promise<Peer> {
  const match = PEER.exec(text);
  if (match?.groups === undefined)
    throw optionError('<peer>', 'TITLE@HOST:PORT, such as PACS@10.0.0.5:104', text);
  const { title, host, port } = match.groups;
  const tls = await tlsOf(options);
  const timeoutMs = finiteNumber(options.timeout, '--timeout') * 1000;
  if (timeoutMs <= 0) throw optionError('--timeout', 'more than 0 seconds', options.timeout);
  return {
    calledAeTitle: title!,
    callingAeTitle: options.calling,
    host: host!.replace(/^\[|\]$/g, ''),
    port: port === undefined ? (tls === undefined ? DICOM_PORT : DICOM_TLS_PORT) : Number(port),
    ...(tls === undefined ? {} : { tls }),
    timeouts: { connectMs: timeoutMs, associationMs: timeoutMs, responseMs: Math.max(timeoutMs, 60_000) },
  };
}

async function tlsOf(options: PeerArguments): Promise<Peer['tls']> {
  const { tls, tlsCa, tlsCert, tlsKey, tlsUnverified } = options;
  if (!tls && !tlsUnverified && tlsCa === undefined && tlsCert === undefined) return undefined;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw optionError('--tls-cert', 'a certificate together with its --tls-key', 'one without the other');
  }
  const [ca, cert, key] = await Promise.all([
    pem(tlsCa, '--tls-ca'),
    pem(tlsCert, '--tls-cert'),
    pem(tlsKey, '--tls-key'),
  ]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tlsUnverified === true ? { rejectUnauthorized: false } : {}),
  };
}

async function pem(file: string | undefined, option: string): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  return readFile(file).catch((error: Error) => {
    throw optionError(option, 'a file that can be read', error.message);
  });
}

/** Who we say we are (PS3.7 D.3.3.7), where the command line says so. */
export function identityOf({ user }: PeerArguments): { readonly userIdentity?: UserIdentity } {
  if (user === undefined) return {};
  const passcode = process.env[PASSCODE_VARIABLE];
  return {
    userIdentity: {
      type: passcode === undefined ? 'username' : 'username-passcode',
      positiveResponseRequested: false,
      primary: Buffer.from(user),
      secondary: Buffer.from(passcode ?? ''),
    },
  };
}

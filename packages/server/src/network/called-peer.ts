import type { Peer, UserIdentity } from '@photopeak/dimse';
import type { TlsClient } from '../config/index.ts';
import { clientTls } from './tls-options.ts';

/** A DICOM peer of the configuration, as far as calling it goes. */
export interface CalledPeer {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsClient | undefined;
  readonly user?: { readonly username: string; readonly password?: string | undefined } | undefined;
}

/**
 * How to call a peer: its address, TLS and the user that we are there (PS3.7 D.3.3.7).
 * @throws PhotopeakError TLS_FILE_UNREADABLE
 */
export function calledPeer(
  settings: CalledPeer,
  callingAeTitle: string,
): { readonly peer: Peer; readonly identity: { readonly userIdentity?: UserIdentity } } {
  const { aeTitle, host, port, tls, user } = settings;
  return {
    peer: {
      host,
      port,
      calledAeTitle: aeTitle,
      callingAeTitle,
      ...(tls === undefined ? {} : { tls: clientTls(tls, host) }),
    },
    identity: user === undefined ? {} : { userIdentity: userIdentity(user.username, user.password) },
  };
}

function userIdentity(username: string, password: string | undefined): UserIdentity {
  return {
    type: password === undefined ? 'username' : 'username-passcode',
    positiveResponseRequested: false,
    primary: Buffer.from(username, 'utf8'),
    secondary: Buffer.from(password ?? '', 'utf8'),
  };
}

import { DimseError, type DimseErrorDetails } from '../errors.ts';
import type { Abort, AssociateReject } from '../pdu/index.ts';

/** Why an association is refused (PS3.8 9.3.4), by the names that this package uses. */
export const REJECTIONS = {
  'no-reason': { result: 1, source: 1, reason: 1 },
  'application-context-not-supported': { result: 1, source: 1, reason: 2 },
  'calling-ae-title-not-recognized': { result: 1, source: 1, reason: 3 },
  'called-ae-title-not-recognized': { result: 1, source: 1, reason: 7 },
  'protocol-version-not-supported': { result: 1, source: 2, reason: 2 },
  'temporary-congestion': { result: 2, source: 3, reason: 1 },
  'local-limit-exceeded': { result: 2, source: 3, reason: 2 },
} as const;
export type Rejection = keyof typeof REJECTIONS;

export const rejectPdu = (rejection: Rejection): AssociateReject => ({
  kind: 'associate-reject',
  ...REJECTIONS[rejection],
});

const REJECT_SOURCES: Record<number, string> = {
  1: 'service user',
  2: 'service provider (association control)',
  3: 'service provider (presentation)',
};

const REJECT_REASONS: Record<string, readonly [text: string, remedy: string]> = {
  '1.1': ['no reason given', 'Look into the log of the peer.'],
  '1.2': ['application context not supported', 'The peer does not speak DICOM as PS3.7 defines it.'],
  '1.3': ['calling AE title not recognized', 'Register the calling AE title (and this host) at the peer.'],
  '1.7': ['called AE title not recognized', 'Correct the AE title of the peer.'],
  '2.1': ['no reason given', 'Look into the log of the peer.'],
  '2.2': ['protocol version not supported', 'The peer does not speak this version of the upper layer.'],
  '3.1': ['temporary congestion', 'Try again later or use fewer associations at once.'],
  '3.2': ['local limit exceeded', 'Try again later or use fewer associations at once.'],
};

const ABORT_REASONS: Record<number, string> = {
  0: 'reason not specified',
  1: 'unrecognized PDU',
  2: 'unexpected PDU',
  4: 'unrecognized PDU parameter',
  5: 'unexpected PDU parameter',
  6: 'invalid PDU parameter value',
};

/** A refusal as an error that a person can act on. */
export function rejectionError(pdu: AssociateReject, where: string): DimseError {
  const [text, remedy] = REJECT_REASONS[`${pdu.source}.${pdu.reason}`] ?? [`reason ${pdu.reason}`, undefined];
  const result = pdu.result === 2 ? 'for now' : 'permanently';
  return new DimseError('DIMSE_REJECTED', `The peer refused the association ${result}: ${text}.`, {
    where,
    found: `result ${pdu.result}, source ${pdu.source} (${REJECT_SOURCES[pdu.source] ?? 'unknown'}), reason ${pdu.reason}`,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** An A-ABORT from the peer as an error. */
export function abortError(pdu: Abort, details: DimseErrorDetails): DimseError {
  const isUser = pdu.source === 0;
  const reason = isUser ? '' : `: ${ABORT_REASONS[pdu.reason] ?? `reason ${pdu.reason}`}`;
  const who = isUser ? 'its application' : 'its protocol machine';
  return new DimseError('DIMSE_ABORTED', `The peer aborted the association (${who})${reason}.`, {
    ...details,
    found: `source ${pdu.source}, reason ${pdu.reason}`,
    remedy: 'Look into the log of the peer.',
  });
}

/** PS3.8 9.3.8: the reason code with which this side's protocol machine aborts. */
export const PROVIDER_ABORT = {
  unspecified: 0,
  'unrecognized-pdu': 1,
  'unexpected-pdu': 2,
  'invalid-value': 6,
} as const;

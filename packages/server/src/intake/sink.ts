import { PhotopeakError } from '@photopeak/imaging';

/**
 * The one door through which instances enter the node, whatever carried them: a C-STORE association, a STOW-RS
 * request, a watched folder. The transports speak their protocol and nothing else; the archive stands behind this
 * interface and decides what is stored.
 */

/** Where instances come from. Typed, not one AE title for everything: each way in names what it really knows. */
export type IntakeSource =
  | {
      readonly kind: 'dimse';
      readonly callingAeTitle: string;
      readonly calledAeTitle: string;
      readonly address: string;
    }
  | { readonly kind: 'dicomweb'; readonly address: string; readonly user?: string }
  | { readonly kind: 'folder'; readonly folder: string };

/** What the transport says an instance is. Absent for transports that only hand over a file. */
export interface InstanceIdentity {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
}

/** What the data set must say; what is left out is not compared. STOW-RS may name the study. */
export type ExpectedIdentity = Partial<InstanceIdentity> & { readonly studyInstanceUid?: string };

/**
 * What became of an instance. In each of these cases the bytes are on disk and indexed when the promise resolves:
 * a transport may answer success.
 *
 * - `stored`: new.
 * - `duplicate`: the archive already holds this SOP instance with equal bytes (data set and transfer syntax; the
 *   file meta information, which every sender writes anew, does not count). No second copy is made.
 * - `conflict`: the archive holds this SOP instance with other bytes. The first stays what the archive shows; the
 *   second is kept in quarantine under `quarantineId`, and the conflict is recorded.
 */
export type IntakeOutcome = InstanceIdentity & {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
} & (
    | { readonly status: 'stored' }
    | { readonly status: 'duplicate' }
    | { readonly status: 'conflict'; readonly quarantineId: string }
  );

/**
 * Why an instance was not taken. No trace of it is left, except as the index may record the refusal.
 *
 * - `no-space`: the disk is full, or the reserve that the configuration asks for would be touched.
 * - `unreadable`: not DICOM, truncated, or without the UIDs that the index needs.
 * - `mismatch`: the data set's SOP class or instance UID is not what the transport said.
 * - `not-accepted`: a rule of this node refuses it (source not allowed, SOP class not wanted, too large).
 * - `failed`: anything else that went wrong on our side (I/O error, database away); the sender may try again.
 */
export type IntakeRefusalReason = 'no-space' | 'unreadable' | 'mismatch' | 'not-accepted' | 'failed';

const CODES: Record<IntakeRefusalReason, string> = {
  'no-space': 'INTAKE_NO_SPACE',
  unreadable: 'INTAKE_UNREADABLE',
  mismatch: 'INTAKE_MISMATCH',
  'not-accepted': 'INTAKE_NOT_ACCEPTED',
  failed: 'INTAKE_FAILED',
};

/** The only error that `IntakeFile` methods reject with. Its text holds no patient data: senders see it. */
export class IntakeRefusal extends PhotopeakError {
  readonly reason: IntakeRefusalReason;

  constructor(
    reason: IntakeRefusalReason,
    message: string,
    details: {
      readonly expected?: string;
      readonly found?: string;
      readonly where?: string;
      readonly remedy?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { ...details, code: CODES[reason] });
    this.name = 'IntakeRefusal';
    this.reason = reason;
  }
}

/**
 * One instance on its way in. The bytes written are a whole Part 10 file: preamble, `DICM`, file meta information,
 * data set, in order. Exactly one of `commit` and `abort` ends it; after a rejection the file is already gone and
 * `abort` does nothing.
 */
export interface IntakeFile {
  /** Appends bytes. Await it before the next call: that is the back-pressure. The chunks are not kept afterwards. */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /**
   * Makes the instance durable (renamed, file and directory synced), indexes it, and only then resolves.
   * With `expected`, a data set that says otherwise is refused as a `mismatch`.
   */
  commit(expected?: ExpectedIdentity): Promise<IntakeOutcome>;
  /** Removes what was written. Never rejects; may be called more than once. */
  abort(): Promise<void>;
}

/** How a session ended. Only `complete` says that the sender had nothing more to send in it. */
export type SessionEnd = 'complete' | 'aborted' | 'lost';

/** One association, one STOW-RS request, one pass over a folder: what was meant to arrive together. */
export interface IntakeSession {
  readonly source: IntakeSource;
  /** Opens a temporary file for the next instance. Files of one session may be open at the same time. */
  begin(): Promise<IntakeFile>;
  /**
   * Signals that nothing more comes: evidence for the completeness of the studies received in it. Files that are
   * still open are aborted. May be called more than once; only the first counts.
   */
  close(end: SessionEnd): Promise<void>;
}

export interface IntakeSink {
  open(source: IntakeSource): IntakeSession;
}

/** The index's view of a received object, as far as a return is told by it. */
export interface ReturnedObject {
  /** Outside service that made it. */
  readonly service: string;
  /** The bytes of the object with its identity restored. @throws IntakeRefusal */
  restore(file: string): Promise<Uint8Array>;
  /** After the restored object is stored, also when it was there already. */
  stored(instance: { readonly header: StoredHeader; readonly sha256: string }): Promise<void>;
}

export interface StoredHeader {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly study: { readonly study_instance_uid: string };
  readonly series: { readonly series_instance_uid: string };
}

/** Whether an object belongs to a study that was sent out under a pseudonym. */
export type RecogniseReturn = (object: {
  readonly study: string;
  readonly patientId: string;
}) => Promise<ReturnedObject | undefined>;

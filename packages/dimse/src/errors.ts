/**
 * The errors of this package: same shape as every error of Photopeak (code, expected, found, where, remedy), kept
 * here because this package imports nothing.
 */
export const DIMSE_ERRORS = {
  DIMSE_ARGUMENT: 'A caller of this package gave a value that the protocol cannot carry.',
  DIMSE_CONNECT_FAILED: 'No TCP (or TLS) connection to the peer could be made.',
  DIMSE_REJECTED: 'The peer answered and refused the association.',
  DIMSE_ABORTED: 'The peer, or this side, aborted the association.',
  DIMSE_CONNECTION_LOST: 'The connection closed without a release.',
  DIMSE_TIMEOUT: 'The peer did not do in time what the protocol asks of it.',
  DIMSE_PDU_INVALID: 'Bytes from the peer are not a protocol data unit of PS3.8, or go beyond a limit.',
  DIMSE_COMMAND_INVALID: 'A command set from the peer is not one of PS3.7, or goes beyond a limit.',
  DIMSE_PROTOCOL: 'The peer sent something valid at a moment when the protocol does not allow it.',
  DIMSE_CONTEXT_NOT_ACCEPTED: 'The peer accepted no presentation context for what is to be sent.',
  DIMSE_DATA_SET_INVALID:
    'An identifier or another small data set from the peer cannot be read, or is too large.',
  DIMSE_OPERATION_FAILED: 'The peer answered a query, a retrieval or a command with a failure.',
  DIMSE_NOT_ESTABLISHED: 'The association is not (or no longer) open.',
  DIMSE_FILE_UNREADABLE: 'A file to be sent is not a DICOM Part 10 file, or changed while it was read.',
} as const;

export type DimseErrorCode = keyof typeof DIMSE_ERRORS;

export interface DimseErrorDetails {
  readonly expected?: string;
  readonly found?: string;
  readonly where?: string;
  readonly remedy?: string;
  /** The DIMSE status with which the peer failed the request (0000,0900). */
  readonly status?: number;
  readonly cause?: unknown;
}

export class DimseError extends Error {
  readonly code: DimseErrorCode;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly where: string | undefined;
  readonly remedy: string | undefined;
  readonly status: number | undefined;

  constructor(code: DimseErrorCode, message: string, details: DimseErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'DimseError';
    this.code = code;
    this.expected = details.expected;
    this.found = details.found;
    this.where = details.where;
    this.remedy = details.remedy;
    this.status = details.status;
  }

  /** One paragraph for a terminal or a log line; no stack. */
  describe(): string {
    const parts = [`${this.code}: ${this.message}`];
    if (this.where !== undefined) parts.push(`where: ${this.where}`);
    if (this.expected !== undefined) parts.push(`expected: ${this.expected}`);
    if (this.found !== undefined) parts.push(`found: ${this.found}`);
    if (this.remedy !== undefined) parts.push(`to do: ${this.remedy}`);
    return parts.join('; ');
  }

  toJSON(): Record<string, string> {
    const json: Record<string, string> = { code: this.code, message: this.message };
    for (const key of ['expected', 'found', 'where', 'remedy'] as const) {
      const value = this[key];
      if (value !== undefined) json[key] = value;
    }
    return json;
  }
}

/**
 * An error that a user can act on: a stable code, what was expected, what was found, where, and what to do.
 * Every code is listed in docs/errors.md.
 */
export interface ErrorDetails {
  /** Stable, upper-case, `AREA_REASON`, e.g. `DICOM_TRUNCATED`. */
  readonly code: string;
  readonly expected?: string;
  readonly found?: string;
  /** File, tag, line or step. Never patient data. */
  readonly where?: string;
  /** What the reader of the message can do. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

export class PhotopeakError extends Error {
  readonly code: string;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly where: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PhotopeakError';
    this.code = details.code;
    this.expected = details.expected;
    this.found = details.found;
    this.where = details.where;
    this.remedy = details.remedy;
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

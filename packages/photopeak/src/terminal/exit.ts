import { DimseError } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';

/** Exit codes of every command, documented in docs/command-line.md. */
export const EXIT = {
  ok: 0,
  /** Something unexpected went wrong: a defect, or the machine. */
  failed: 1,
  /** The input cannot be used at all; the message says why and what to do. */
  unusableInput: 2,
  /** Results were written, but something that was asked for could not be computed; the messages say what. */
  partial: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Prints an error as one paragraph, or as `{ "error": … }` on standard output with `--json`. Never a stack trace. */
export function reportError(error: unknown, options: { readonly json: boolean }): ExitCode {
  if (error instanceof PhotopeakError || error instanceof DimseError) {
    if (options.json) process.stdout.write(`${JSON.stringify({ error: error.toJSON() }, null, 2)}\n`);
    process.stderr.write(`${error.describe()}\n`);
    return EXIT.unusableInput;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ error: { code: 'UNEXPECTED', message } }, null, 2)}\n`);
  }
  process.stderr.write(
    `UNEXPECTED: ${message}; to do: report this with the command and the version (photopeak --version)\n`,
  );
  if (process.env.PHOTOPEAK_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return EXIT.failed;
}

import { type ExitCode, reportError } from '../terminal/index.ts';

/** Runs the work of a command and ends the process with its exit code; an error becomes one readable paragraph. */
export async function runCommand(
  work: () => Promise<ExitCode>,
  options: { readonly json?: boolean } = {},
): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    process.exitCode = reportError(error, { json: options.json === true });
  }
}

import { type Operation, type RetrieveOutcome, type RetrieveProgress, statusText } from '@photopeak/dimse';
import { EXIT, type ExitCode, Progress } from '../terminal/index.ts';

/** Shows how far a retrieval is and waits for its end. */
export async function followRetrieval(
  running: Operation<RetrieveProgress, RetrieveOutcome>,
): Promise<RetrieveOutcome> {
  const progress = new Progress();
  try {
    for await (const { remaining, completed, failed, warning } of running) {
      const done = completed + failed + warning;
      progress.show(`${done} of ${remaining === undefined ? '?' : done + remaining}, ${failed} failed`);
    }
    return await running.outcome();
  } finally {
    progress.clear();
  }
}

/** PS3.4 tables C.4-2 and C.4-3 mean something else by B000 than the storage service. */
const STATUS_TEXTS: Readonly<Record<number, string>> = { 45056: 'done with failures (B000)' };

export function describeRetrieval(outcome: RetrieveOutcome, isJson: boolean): string {
  const { status, completed, failed, warning, comment, failedSopInstanceUids } = outcome;
  const text = STATUS_TEXTS[status] ?? statusText(status);
  if (isJson) {
    const summary = {
      status: text,
      completed,
      warning,
      failed,
      comment: comment ?? null,
      failedSopInstanceUids,
    };
    return JSON.stringify(summary, null, 2);
  }
  return [
    `${text}: ${completed} completed, ${warning} with a warning, ${failed} failed${comment ? ` (${comment})` : ''}`,
    ...failedSopInstanceUids.map((uid) => `failed: ${uid}`),
  ].join('\n');
}

export const retrievalExit = ({ failed, isCancelled }: RetrieveOutcome): ExitCode =>
  failed > 0 || isCancelled ? EXIT.partial : EXIT.ok;

import {
  type Operation,
  type QueryRetrieveModel,
  type RetrieveOutcome,
  type RetrieveProgress,
  statusText,
} from '@photopeak/dimse';
import type { Command } from 'commander';
import { EXIT, type ExitCode, Progress } from '../terminal/index.ts';
import { encoderOf, identifierOf, parseKey } from './keys.ts';
import { type LevelArguments, modelOf, retrieveKeys, retrieveLevelOf } from './levels.ts';
import { withPeerOptions } from './peer-options.ts';

/**
 * A command that retrieves: the peer, the keys of what is wanted (`verb` says what is done with it), the level and the
 * model. `exits` are the meanings of the exit codes 0 and 3.
 */
export function withRetrievalOptions(
  command: Command,
  { verb, exits }: { readonly verb: string; readonly exits: string },
): Command {
  return withPeerOptions(command)
    .argument('<peer>', 'TITLE@HOST:PORT of the archive that holds the images')
    .argument('<keys...>', `what to ${verb}, such as StudyInstanceUID=1.2.3`)
    .option('--level <level>', 'patient, study, series, image; without it by the keys')
    .option('--model <root>', 'patient or study; without it by the level')
    .addHelpText(
      'after',
      `\nCtrl-C cancels. Exit codes: ${exits}, 2 the peer could not be reached or refused.`,
    );
}

/** The model and the identifier of what the keys of the command line ask for. */
export function retrievalOf(
  words: readonly string[],
  options: LevelArguments,
): { readonly model: QueryRetrieveModel; readonly identifier: ReturnType<typeof encoderOf> } {
  const given = words.map(parseKey);
  const level = retrieveLevelOf(options, given);
  return {
    model: modelOf(options, level),
    identifier: encoderOf(identifierOf(retrieveKeys(level, given))),
  };
}

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

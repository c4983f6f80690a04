import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Peer, type SendOutcome, sendFiles } from '@photopeak/dimse';
import { uncompressedConversion } from '@photopeak/server';
import type { Command } from 'commander';
import { cancelSignal, identityOf, type PeerArguments, peerOf, withPeerOptions } from '../peer/index.ts';
import { EXIT, optionError, Progress, wholeNumber } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options extends PeerArguments {
  readonly associations: string;
  readonly window: string;
  readonly asIs?: boolean;
}

export function addSendCommand(program: Command): void {
  withPeerOptions(program.command('send').description('send files to a DICOM peer (C-STORE)'))
    .argument('<peer>', 'TITLE@HOST:PORT, such as PACS@10.0.0.5:104')
    .argument('<files...>', 'Part 10 files, and folders that are searched to any depth')
    .option('--associations <count>', 'at the same time, 1 to 16', '4')
    .option('--window <count>', 'instances on their way over one association, where the peer grants it', '1')
    .option('--as-is', 'report what the peer does not take instead of changing the uncompressed encoding')
    .addHelpText(
      'after',
      '\nExit codes: 0 the peer has everything, 3 something was not sent (see the messages), 2 nothing could be sent.',
    )
    .action((text: string, names: readonly string[], options: Options) =>
      runCommand(
        async () => {
          const peer = await peerOf(text, options);
          const files = await filesIn(names);
          if (files.length === 0) throw optionError('<files...>', 'at least one file', 'none');
          const summary = await sendAll(peer, files, options);
          if (options.json === true) console.log(JSON.stringify(summary, null, 2));
          else {
            for (const { file, text: reason } of summary.problems) console.log(`${file}: ${reason}`);
            console.log(`${summary.sent} of ${files.length} sent, ${summary.warnings} with a warning`);
          }
          if (summary.sent === files.length) return EXIT.ok;
          return summary.sent === 0 ? EXIT.unusableInput : EXIT.partial;
        },
        { json: options.json === true },
      ),
    );
}

interface Summary {
  sent: number;
  warnings: number;
  readonly problems: { readonly file: string; readonly code: string; readonly text: string }[];
}

async function sendAll(peer: Peer, files: readonly string[], options: Options): Promise<Summary> {
  const summary: Summary = { sent: 0, warnings: 0, problems: [] };
  const progress = new Progress();
  const sending = sendFiles(peer, files, {
    maxAssociations: between(options.associations, 1, 16, '--associations'),
    window: between(options.window, 1, 64, '--window'),
    signal: cancelSignal(),
    ...identityOf(options),
    ...(options.asIs === true ? {} : { conversion: uncompressedConversion }),
  });
  let done = 0;
  for await (const outcome of sending) {
    done += 1;
    if (outcome.result === 'success' || outcome.result === 'warning') summary.sent += 1;
    if (outcome.result === 'warning') summary.warnings += 1;
    if (outcome.result !== 'success') summary.problems.push(problemOf(outcome));
    progress.show(`${done} of ${files.length}, ${done - summary.sent} not sent`);
  }
  progress.clear();
  return summary;
}

function problemOf(outcome: SendOutcome) {
  const { file } = outcome;
  if (outcome.result === 'error') return { file, code: outcome.error.code, text: outcome.error.describe() };
  return { file, code: outcome.status.toString(16).toUpperCase().padStart(4, '0'), text: outcome.text };
}

function between(text: string, least: number, most: number, option: string): number {
  const value = wholeNumber(text, option);
  if (value < least || value > most) throw optionError(option, `${least} to ${most}`, text);
  return value;
}

/** Files as named; folders to any depth, without hidden entries. */
async function filesIn(names: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const name of names) {
    const found = await stat(name).catch((error: Error) => {
      throw optionError('<files...>', 'files and folders that exist', error.message);
    });
    if (!found.isDirectory()) {
      files.push(name);
      continue;
    }
    const entries = await readdir(name, { recursive: true, withFileTypes: true });
    files.push(
      ...entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && entry.name !== 'DICOMDIR')
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort(),
    );
  }
  return files;
}

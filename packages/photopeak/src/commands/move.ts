import { move, serviceContext } from '@photopeak/dimse';
import type { Command } from 'commander';
import {
  cancelSignal,
  describeRetrieval,
  followRetrieval,
  identityOf,
  type LevelArguments,
  type PeerArguments,
  peerOf,
  retrievalExit,
  retrievalOf,
  withAssociation,
  withRetrievalOptions,
} from '../peer/index.ts';
import { runCommand } from './run-command.ts';

type Options = PeerArguments & LevelArguments & { readonly to: string };

export function addMoveCommand(program: Command): void {
  withRetrievalOptions(
    program.command('move').description('have a DICOM peer send to a third one (C-MOVE)'),
    {
      verb: 'send',
      exits: '0 everything was sent, 3 some was not',
    },
  )
    .requiredOption('--to <title>', 'AE title that receives; the archive has to know its address')
    .action((text: string, words: readonly string[], options: Options) =>
      runCommand(
        async () => {
          const { model: root, identifier } = retrievalOf(words, options);
          const model = root.move;
          const outcome = await withAssociation(
            await peerOf(text, options),
            { contexts: [serviceContext(model)], ...identityOf(options) },
            (association) =>
              followRetrieval(
                move(association, { model, destination: options.to, identifier, signal: cancelSignal() }),
              ),
          );
          console.log(describeRetrieval(outcome, options.json === true));
          return retrievalExit(outcome);
        },
        { json: options.json === true },
      ),
    );
}

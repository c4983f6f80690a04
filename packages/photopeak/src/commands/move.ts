import { move, serviceContext } from '@photopeak/dimse';
import type { Command } from 'commander';
import {
  cancelSignal,
  describeRetrieval,
  encoderOf,
  followRetrieval,
  identifierOf,
  identityOf,
  type LevelArguments,
  modelOf,
  type PeerArguments,
  parseKey,
  peerOf,
  retrievalExit,
  retrieveKeys,
  retrieveLevelOf,
  withAssociation,
  withPeerOptions,
} from '../peer/index.ts';
import { runCommand } from './run-command.ts';

type Options = PeerArguments & LevelArguments & { readonly to: string };

export function addMoveCommand(program: Command): void {
  withPeerOptions(program.command('move').description('have a DICOM peer send to a third one (C-MOVE)'))
    .argument('<peer>', 'TITLE@HOST:PORT of the archive that holds the images')
    .argument('<keys...>', 'what to send, such as StudyInstanceUID=1.2.3')
    .requiredOption('--to <title>', 'AE title that receives; the archive has to know its address')
    .option('--level <level>', 'patient, study, series, image; without it by the keys')
    .option('--model <root>', 'patient or study; without it by the level')
    .addHelpText(
      'after',
      '\nCtrl-C cancels. Exit codes: 0 everything was sent, 3 some was not, 2 the peer could not be reached or refused.',
    )
    .action((text: string, words: readonly string[], options: Options) =>
      runCommand(
        async () => {
          const given = words.map(parseKey);
          const level = retrieveLevelOf(options, given);
          const model = modelOf(options, level).move;
          const identifier = encoderOf(identifierOf(retrieveKeys(level, given)));
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

import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import {
  commonStorageContexts,
  get,
  getProposal,
  receiveToFolder,
  storage,
  storageContexts,
} from '@photopeak/dimse';
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

type Options = PeerArguments &
  LevelArguments & {
    readonly out: string;
    readonly sopClass: readonly string[];
    readonly syntax: readonly string[];
  };

const collect = (value: string, before: readonly string[]) => [...before, value];

export function addGetCommand(program: Command): void {
  withPeerOptions(program.command('get').description('fetch images from a DICOM peer into a folder (C-GET)'))
    .argument('<peer>', 'TITLE@HOST:PORT of the archive that holds the images')
    .argument('<keys...>', 'what to fetch, such as StudyInstanceUID=1.2.3')
    .option('--out <folder>', 'where the files go, one SOPInstanceUID.dcm each', '.')
    .option('--sop-class <uid>', 'receive this SOP class; repeat. Without it the common ones', collect, [])
    .option(
      '--syntax <uid>',
      'with --sop-class: also in this compressed transfer syntax; repeat',
      collect,
      [],
    )
    .option('--level <level>', 'patient, study, series, image; without it by the keys')
    .option('--model <root>', 'patient or study; without it by the level')
    .addHelpText(
      'after',
      '\nCtrl-C cancels. Exit codes: 0 everything came, 3 some did not, 2 the peer could not be reached or refused.',
    )
    .action((text: string, words: readonly string[], options: Options) =>
      runCommand(
        async () => {
          const given = words.map(parseKey);
          const level = retrieveLevelOf(options, given);
          const model = modelOf(options, level).get;
          const identifier = encoderOf(identifierOf(retrieveKeys(level, given)));
          const receiver = await receiveToFolder(options.out);
          const contexts =
            options.sopClass.length === 0
              ? commonStorageContexts()
              : storageContexts(options.sopClass, options.syntax);
          const outcome = await withAssociation(
            await peerOf(text, options),
            {
              ...getProposal(model, contexts),
              services: [storage({ open: () => receiver })],
              ...identityOf(options),
            },
            (association) => followRetrieval(get(association, { model, identifier, signal: cancelSignal() })),
          );
          // Empty by now; where it is not, what is in it tells somebody something.
          await rmdir(path.join(options.out, '.incoming')).catch(() => {});
          console.log(describeRetrieval(outcome, options.json === true));
          return retrievalExit(outcome);
        },
        { json: options.json === true },
      ),
    );
}

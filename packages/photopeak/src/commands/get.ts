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

type Options = PeerArguments &
  LevelArguments & {
    readonly out: string;
    readonly sopClass: readonly string[];
    readonly syntax: readonly string[];
  };

const collect = (value: string, before: readonly string[]) => [...before, value];

export function addGetCommand(program: Command): void {
  withRetrievalOptions(
    program.command('get').description('fetch images from a DICOM peer into a folder (C-GET)'),
    {
      verb: 'fetch',
      exits: '0 everything came, 3 some did not',
    },
  )
    .option('--out <folder>', 'where the files go, one SOPInstanceUID.dcm each', '.')
    .option('--sop-class <uid>', 'receive this SOP class; repeat. Without it the common ones', collect, [])
    .option(
      '--syntax <uid>',
      'with --sop-class: also in this compressed transfer syntax; repeat',
      collect,
      [],
    )
    .action((text: string, words: readonly string[], options: Options) =>
      runCommand(
        async () => {
          const { model: root, identifier } = retrievalOf(words, options);
          const model = root.get;
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

import { serviceContext } from '@photopeak/dimse';
import type { Command } from 'commander';
import {
  cancelSignal,
  describeJson,
  describeTable,
  identityOf,
  type LevelArguments,
  modelOf,
  type PeerArguments,
  parseKey,
  peerOf,
  queryKeys,
  queryLevelOf,
  runQuery,
  withAssociation,
  withPeerOptions,
} from '../peer/index.ts';
import { EXIT, wholeNumber } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

type Options = PeerArguments & LevelArguments & { readonly limit: string };

export function addFindCommand(program: Command): void {
  withPeerOptions(
    program
      .command('find')
      .description('query a DICOM peer for patients, studies, series or images (C-FIND)'),
  )
    .argument('<peer>', 'TITLE@HOST:PORT, such as PACS@10.0.0.5:104')
    .argument(
      '[keys...]',
      'KEYWORD=VALUE to match, KEYWORD to be told, such as StudyDate=20260101- PatientSex',
    )
    .option('--level <level>', 'patient, study, series, image', 'study')
    .option('--model <root>', 'patient or study; without it by the level')
    .option('--limit <count>', 'stop after so many matches', '1000')
    .addHelpText(
      'after',
      '\nWild cards * and ?, ranges such as 20260101-20260131, lists with \\. Ctrl-C cancels.\nExit codes: 0 done, 2 the peer could not be reached or failed the query.',
    )
    .action((text: string, words: readonly string[], options: Options) =>
      runCommand(
        async () => {
          const given = words.map(parseKey);
          const level = queryLevelOf(options);
          const model = modelOf(options, level).find;
          const keys = queryKeys(level, given);
          const limit = wholeNumber(options.limit, '--limit');
          const signal = cancelSignal();
          const matches = await withAssociation(
            await peerOf(text, options),
            { contexts: [serviceContext(model)], ...identityOf(options) },
            (association) => runQuery(association, { model, keys, limit, signal }),
          );
          console.log(options.json === true ? describeJson(matches) : describeTable(matches, keys));
          return EXIT.ok;
        },
        { json: options.json === true },
      ),
    );
}

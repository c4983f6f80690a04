import { MODALITY_WORKLIST, serviceContext } from '@photopeak/dimse';
import type { Command } from 'commander';
import {
  cancelSignal,
  describeJson,
  describeTable,
  identityOf,
  type PeerArguments,
  parseKey,
  peerOf,
  type QueryKey,
  runQuery,
  withAssociation,
  withPeerOptions,
} from '../peer/index.ts';
import { EXIT, wholeNumber } from '../terminal/index.ts';
import { runCommand } from './run-command.ts';

interface Options extends PeerArguments {
  readonly date?: string;
  readonly modality?: string;
  readonly station?: string;
  readonly limit: string;
}

const STEP = 'ScheduledProcedureStepSequence';

/** What a technologist looks for, and what PS3.4 table K.6-1 requires an archive to return. */
const RETURN_KEYS: readonly string[] = [
  ...[`${STEP}.ScheduledProcedureStepStartDate`, `${STEP}.ScheduledProcedureStepStartTime`],
  ...[`${STEP}.Modality`, `${STEP}.ScheduledStationAETitle`, 'PatientID', 'PatientName', 'PatientBirthDate'],
  ...['PatientSex', 'AccessionNumber', 'RequestedProcedureID', 'RequestedProcedureDescription'],
  ...[`${STEP}.ScheduledProcedureStepID`, `${STEP}.ScheduledProcedureStepDescription`, 'StudyInstanceUID'],
];

export function addWorklistCommand(program: Command): void {
  withPeerOptions(program.command('worklist').description('query a modality work list (C-FIND)'))
    .argument('<peer>', 'TITLE@HOST:PORT, such as RIS@10.0.0.5:104')
    .argument('[keys...]', 'KEYWORD=VALUE to match, KEYWORD to be told')
    .option('--date <date>', 'day or range of the scheduled step, such as 20261123 or 20261123-20261130')
    .option('--modality <modality>', 'modality of the scheduled step')
    .option('--station <title>', 'AE title of the scheduled station')
    .option('--limit <count>', 'stop after so many entries', '1000')
    .addHelpText('after', '\nExit codes: 0 done, 2 the peer could not be reached or failed the query.')
    .action((text: string, words: readonly string[], options: Options) =>
      runCommand(
        async () => {
          const keys = worklistKeys(words, options);
          const limit = wholeNumber(options.limit, '--limit');
          const signal = cancelSignal();
          const entries = await withAssociation(
            await peerOf(text, options),
            { contexts: [serviceContext(MODALITY_WORKLIST)], ...identityOf(options) },
            (association) => runQuery(association, { model: MODALITY_WORKLIST, keys, limit, signal }),
          );
          console.log(options.json === true ? describeJson(entries) : describeTable(entries, keys));
          return EXIT.ok;
        },
        { json: options.json === true },
      ),
    );
}

function worklistKeys(words: readonly string[], { date, modality, station }: Options): QueryKey[] {
  const given = [
    ...(date === undefined ? [] : [`${STEP}.ScheduledProcedureStepStartDate=${date}`]),
    ...(modality === undefined ? [] : [`${STEP}.Modality=${modality}`]),
    ...(station === undefined ? [] : [`${STEP}.ScheduledStationAETitle=${station}`]),
    ...words,
  ].map(parseKey);
  const named = new Map(given.map((key) => [key.path.join('.'), key]));
  const usual = RETURN_KEYS.map(parseKey).map((key) => {
    const replaced = named.get(key.path.join('.')) ?? key;
    named.delete(key.path.join('.'));
    return replaced;
  });
  return [...usual, ...named.values()];
}

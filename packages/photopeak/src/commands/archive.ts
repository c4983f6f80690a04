import {
  type ArchiveProblem,
  type ArchiveRepair,
  openNodeStore,
  rebuildIndex,
  repairArchive,
  verifyArchive,
} from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT } from '../terminal/index.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';

/** A disk that is not mounted would fill the terminal. */
const MOST_SHOWN = 20;

interface VerifyArguments extends NodeArguments {
  readonly json?: boolean;
  readonly quarantine?: boolean;
  readonly repair?: boolean;
}

export function addArchiveCommands(program: Command): void {
  const archive = program.command('archive').description('the instances on disk and the index of them');
  withNodeOptions(
    archive
      .command('verify')
      .description('read every file, compare it with its hash and its index, say what to fetch again'),
  )
    .option('--quarantine', 'move damaged instances below damaged/ so that they can be sent again')
    .option(
      '--repair',
      'fetch damaged and lost instances again from destinations and archives that have them',
    )
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nThe node does the same by itself: archive.scrub and archive.repair in photopeak.yaml.' +
        '\nExit codes: 0 all is in order or was repaired, 3 something is not, 1 it could not be read.',
    )
    .action((options: VerifyArguments) => runCommand(() => verify(options), { json: options.json === true }));
  withNodeOptions(
    archive.command('rebuild').description('make the index again from the files of the archive alone'),
  )
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nAccounts, decisions, runs and the audit trail live only in the database: see photopeak restore.' +
        '\nExit codes: 0 the index says what is on disk, 3 files are damaged or missing.',
    )
    .action((options: NodeArguments & { json?: boolean }) =>
      runCommand(() => rebuild(options), { json: options.json === true }),
    );
}

async function withStore<T>(
  options: NodeArguments,
  work: (
    store: Awaited<ReturnType<typeof openNodeStore>>,
    configuration: Awaited<ReturnType<typeof configurationOf>>,
  ) => Promise<T>,
): Promise<T> {
  const configuration = await configurationOf(options);
  const store = await openNodeStore({ configuration, dataFolder: options.data });
  try {
    return await work(store, configuration);
  } finally {
    await store.close();
  }
}

async function verify(options: VerifyArguments) {
  const { outcome, repairs } = await withStore(options, async (store, configuration) => {
    const { db, archive } = store;
    const setAside = options.quarantine === true && options.repair !== true;
    const outcome = await verifyArchive({ db, archive, setAside });
    const repairs = options.repair === true ? await repairArchive(store, configuration, outcome) : [];
    return { outcome: { ...outcome, ...(options.repair === true ? { repairs } : {}) }, repairs };
  });
  const isWell =
    outcome.problems.length === repairs.filter((repair) => repair.outcome.state !== 'open').length;
  if (options.json === true) console.log(JSON.stringify(outcome, null, 2));
  else {
    for (const problem of outcome.problems.slice(0, MOST_SHOWN))
      console.log(`${describe(problem, repairs)}\n`);
    if (outcome.problems.length > MOST_SHOWN) {
      console.log(`… and ${outcome.problems.length - MOST_SHOWN} more: --json lists all\n`);
    }
    if (outcome.unindexed.length > 0) {
      console.log(`${outcome.unindexed.length} instances are not in the index: photopeak archive rebuild`);
    }
    console.log(
      `${outcome.files} files, ${outcome.bytes} bytes, ${outcome.ok ? 'all in order' : `${outcome.problems.length} problem(s)`}`,
    );
  }
  return isWell ? EXIT.ok : EXIT.partial;
}

function described({ outcome }: ArchiveRepair): string {
  switch (outcome.state) {
    case 'repaired':
      return `  repaired${outcome.from === undefined ? '' : ` from ${outcome.from}`}: the recorded bytes are there again`;
    case 'replaced': {
      const { from, differing } = outcome;
      const what = differing.length === 0 ? 'no header attribute' : differing.join(', ');
      return `  replaced by the copy of ${from}, as a new arrival; it differs in ${what}`;
    }
    case 'open':
      return `  not repaired: ${outcome.reason}`;
  }
}

function describe(problem: ArchiveProblem, repairs: readonly ArchiveRepair[]): string {
  const { instance, copies, runId, movedTo } = problem;
  const lines = [`${problem.code} ${problem.store}/${problem.sha256}: ${problem.detail}`];
  if (instance !== undefined) {
    lines.push(
      `  instance ${instance.sopInstanceUid}`,
      `  series   ${instance.seriesInstanceUid}`,
      `  study    ${instance.studyInstanceUid} (${instance.origin})`,
    );
  }
  if (runId !== undefined) lines.push(`  made by  run ${runId}`);
  if (movedTo !== undefined) lines.push(`  moved to ${movedTo}`);
  const repair = repairs.find(({ sha256 }) => sha256 === problem.sha256);
  if (repair !== undefined) lines.push(described(repair));
  if (repair !== undefined && repair.outcome.state !== 'open') return lines.join('\n');
  const ways = copies.map((copy) => `have it sent again from ${copy}`);
  ways.push('restore it from a backup');
  lines.push(`  to do: ${ways.join('; or ')}`);
  return lines.join('\n');
}

async function rebuild(options: NodeArguments & { json?: boolean }) {
  const report = await withStore(options, ({ db, archive }) => rebuildIndex(db, archive));
  if (options.json === true) console.log(JSON.stringify(report, null, 2));
  else {
    for (const { sha256, code } of report.damaged) console.log(`${code} archive/${sha256}`);
    for (const uid of report.missing) console.log(`ARCHIVE_MISSING instance ${uid}`);
    console.log(
      `${report.files} files, ${report.added} added to the index, ${report.damaged.length} damaged, ${report.missing.length} missing`,
    );
  }
  return report.damaged.length + report.missing.length === 0 ? EXIT.ok : EXIT.partial;
}

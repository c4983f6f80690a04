import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createBackup, openNodeStore, restoreNode } from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT } from '../terminal/index.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';

interface RestoreArguments extends NodeArguments {
  readonly snapshot?: string;
  readonly json?: boolean;
}

export function addBackupCommands(program: Command): void {
  withNodeOptions(
    program
      .command('backup')
      .description('copy a node, running or not: database, archive, audit anchor')
      .argument('<folder>', 'where to; the same folder again copies only what is new'),
  )
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', '\nExit codes: 0 complete, 3 files that the database names are damaged or missing.')
    .action((to: string, options: NodeArguments & { json?: boolean }) =>
      runCommand(() => backup(path.resolve(to), options), { json: options.json === true }),
    );
  withNodeOptions(
    program
      .command('restore')
      .description('make a node from a backup, into a new data folder')
      .argument('<folder>', 'what photopeak backup wrote'),
  )
    .option('--snapshot <name>', 'an older snapshot instead of the newest')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', '\nExit codes: 0 complete, 3 something is missing, 2 nothing was restored.')
    .action((from: string, options: RestoreArguments) =>
      runCommand(() => restore(path.resolve(from), options), { json: options.json === true }),
    );
}

const say = (text: string) => process.stderr.write(`${text}\n`);

async function backup(to: string, options: NodeArguments & { json?: boolean }) {
  const configuration = await configurationOf(options);
  const store = await openNodeStore({ configuration, dataFolder: options.data });
  try {
    const report = await createBackup({
      url: store.url,
      archive: store.archive,
      to,
      node: configuration.node.name,
      version: version(),
      secret: configuration.security.secret,
      progress: say,
    });
    if (options.json === true) console.log(JSON.stringify(report, null, 2));
    else {
      for (const sha256 of report.missing)
        console.log(`ARCHIVE_MISSING ${sha256}: see photopeak archive verify`);
      console.log(
        `snapshot ${report.snapshot}: ${report.rows} rows, ${report.files} files (${report.copied} new, ${report.bytes} bytes in all)`,
      );
    }
    return report.missing.length === 0 ? EXIT.ok : EXIT.partial;
  } finally {
    await store.close();
  }
}

async function restore(from: string, options: RestoreArguments) {
  const report = await restoreNode({
    configuration: await configurationOf(options),
    dataFolder: options.data,
    from,
    snapshot: options.snapshot,
    progress: say,
  });
  if (options.json === true) console.log(JSON.stringify(report, null, 2));
  else {
    for (const sha256 of report.missing) console.log(`ARCHIVE_MISSING ${sha256}`);
    for (const { code, message } of report.audit.problems) console.log(`${code}: ${message}`);
    console.log(
      `as of ${report.at}: ${report.rows} rows, ${report.files} files, ${report.runsToRepeat} runs start again, ` +
        `${report.audit.entries} entries of the audit trail ${report.audit.ok ? 'in order' : 'NOT in order'}`,
    );
  }
  return report.missing.length === 0 && report.audit.ok ? EXIT.ok : EXIT.partial;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

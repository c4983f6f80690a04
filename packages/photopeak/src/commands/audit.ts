import { openNodeStore, readAnchor, replayRun, siteModels, verifyAudit } from '@photopeak/server';
import type { Command } from 'commander';
import { RUNNABLES } from '../study-run/index.ts';
import { EXIT } from '../terminal/index.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';

/** A check that was done and found something wrong. */
const FOUND_WRONG = EXIT.partial;

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the hash chain of everything that happened');
  withNodeOptions(audit.command('verify').description('find changed, removed or reordered entries'))
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', '\nExit codes: 0 the chain is whole, 3 it is not, 1 it could not be read.')
    .action((options: NodeArguments & { json?: boolean }) =>
      runCommand(
        async () => {
          const store = await openNodeStore({
            configuration: await configurationOf(options),
            dataFolder: options.data,
          });
          try {
            const outcome = await verifyAudit(store.db, await readAnchor(store.dataFolder));
            if (options.json === true) console.log(JSON.stringify(outcome, null, 2));
            else {
              for (const { sequence, code, message } of outcome.problems) {
                console.log(`${sequence === null ? '' : `entry ${sequence}: `}${code}: ${message}`);
              }
              console.log(
                `${outcome.entries} entries, ${outcome.problems.length === 0 ? 'the chain is whole' : `${outcome.problems.length} problem(s)`}`,
              );
            }
            return outcome.problems.length === 0 ? EXIT.ok : FOUND_WRONG;
          } finally {
            await store.close();
          }
        },
        { json: options.json === true },
      ),
    );

  withNodeOptions(
    program
      .command('replay')
      .description('compute a past run again from the archive and compare every object'),
  )
    .argument('<run>', 'id of the run, as the workspace shows it')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', '\nExit codes: 0 every object is the same, 3 one differs.')
    .action((run: string, options: NodeArguments & { json?: boolean }) =>
      runCommand(
        async () => {
          const configuration = await configurationOf(options);
          const store = await openNodeStore({ configuration, dataFolder: options.data });
          try {
            const pipelines = RUNNABLES.map(({ pipeline }) => pipeline);
            const report = await replayRun(
              {
                db: store.db,
                archive: store.archive,
                pipelines,
                models: siteModels({ ...store, settings: configuration.models }),
              },
              run,
            );
            if (options.json === true) console.log(JSON.stringify(report, null, 2));
            else {
              for (const object of report.objects)
                console.log(`${object.equal ? 'same     ' : 'DIFFERENT'} ${object.fileName}`);
              console.log(
                report.ok ? 'every object is the same' : 'the replay differs from what was delivered',
              );
            }
            return report.ok ? EXIT.ok : FOUND_WRONG;
          } finally {
            await store.close();
          }
        },
        { json: options.json === true },
      ),
    );
}

import { calibrateSite, openNodeStore } from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT } from '../terminal/index.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';

/** `photopeak lesions`. */
export function addLesionsCommands(program: Command): void {
  const lesions = program.command('lesions').description('what readers teach the search for lesions');
  withNodeOptions(
    lesions
      .command('calibrate')
      .description(
        "fit the probability of physiological uptake to the readers' decisions, by tracer; no route is changed",
      ),
  )
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nPrints the parameter uptakeCalibration for the routes of the site: to take it into use, write it into them; to go back, take it out. What was fitted is written to the audit trail. Exit codes: 0 done, 1 the decisions could not be read.',
    )
    .action((options: NodeArguments & { json?: boolean }) =>
      runCommand(
        async () => {
          const store = await openNodeStore({
            configuration: await configurationOf(options),
            dataFolder: options.data,
          });
          try {
            const result = await calibrateSite({ db: store.db, actor: 'command-line' });
            if (options.json === true) console.log(JSON.stringify(result, null, 2));
            else {
              for (const { tracer, outcome } of result.outcomes)
                console.log(
                  outcome.status === 'kept'
                    ? `${tracer}: left as it is, ${outcome.reason}`
                    : `${tracer}: ${outcome.clicks} clicks, loss on clicks held back ${outcome.lossBefore.toFixed(3)} → ${outcome.loss.toFixed(3)}`,
                );
              if (result.outcomes.length === 0) console.log('no signed decision on uptake yet');
              console.log(`uptakeCalibration: ${JSON.stringify(result.parameter)}`);
            }
            return EXIT.ok;
          } finally {
            await store.close();
          }
        },
        { json: options.json === true },
      ),
    );
}

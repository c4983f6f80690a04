import { startWorkerMachine } from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT } from '../terminal/index.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';
import { untilStopped } from './serve.ts';

export function addWorkersCommand(program: Command): void {
  withNodeOptions(
    program
      .command('workers')
      .description('run only workers on this machine, for a node that shares its database and data folder'),
  ).action((options: NodeArguments) =>
    runCommand(async () => {
      const workers = await startWorkerMachine({
        configuration: await configurationOf(options),
        dataFolder: options.data,
      });
      console.log(`${workers.pids().length} worker(s) take runs of the node; Ctrl-C stops.`);
      await untilStopped();
      await workers.close();
      return EXIT.ok;
    }),
  );
}

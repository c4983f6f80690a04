import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addAuditCommands } from './commands/audit.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addMeasureCommand } from './commands/measure.ts';
import { addPhantomCommand } from './commands/phantom.ts';
import { addRunCommand } from './commands/run.ts';
import { addServeCommand } from './commands/serve.ts';
import { addStartCommand } from './commands/start.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('photopeak')
  .description(
    'Imaging-AI orchestrator that sits beside a PACS. Not a cleared medical device: for research and evaluation until a site has validated it.',
  )
  .version(version)
  .showHelpAfterError('(photopeak --help lists the commands)');

addRunCommand(program);
addInspectCommand(program);
addMeasureCommand(program);
addPhantomCommand(program);
addServeCommand(program);
addStartCommand(program);
addAuditCommands(program);

await program.parseAsync();
// A pool of worker threads must not keep a finished command alive.
if (process.exitCode !== undefined) process.exit();

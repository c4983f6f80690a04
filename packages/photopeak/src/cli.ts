import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addPhantomCommand } from './commands/phantom.ts';
import { addRunCommand } from './commands/run.ts';

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
addPhantomCommand(program);

await program.parseAsync();

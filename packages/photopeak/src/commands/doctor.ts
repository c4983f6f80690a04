import { type DoctorFinding, diagnoseNode } from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT } from '../terminal/index.ts';
import { configurationOf, type NodeArguments, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';

export function addDoctorCommand(program: Command): void {
  withNodeOptions(
    program
      .command('doctor')
      .description('look at ports, disks, rights, database, peers, clocks: each line ok or what to do'),
  )
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      '\nNothing is changed; the node may run meanwhile.' +
        '\nExit codes: 0 no problem (warnings may be there), 3 at least one problem, 2 the configuration cannot be read.',
    )
    .action((options: NodeArguments & { json?: boolean }) =>
      runCommand(() => doctor(options), { json: options.json === true }),
    );
}

const MARK = { ok: 'ok     ', warning: 'WARNING', problem: 'PROBLEM' } as const;

async function doctor(options: NodeArguments & { json?: boolean }) {
  const configuration = await configurationOf(options);
  const findings = await diagnoseNode({ configuration, dataFolder: options.data });
  const isWell = findings.every(({ state }) => state !== 'problem');
  if (options.json === true) console.log(JSON.stringify({ ok: isWell, findings }, null, 2));
  else for (const finding of findings) console.log(lineOf(finding));
  return isWell ? EXIT.ok : EXIT.partial;
}

function lineOf({ name, state, found, todo }: DoctorFinding): string {
  const line = `${MARK[state]} ${name}: ${found}`;
  return todo === undefined ? line : `${line}\n        to do: ${todo}`;
}

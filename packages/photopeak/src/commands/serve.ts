import { existsSync } from 'node:fs';
import { configurationJsonSchema, type RunningNode, startNode } from '@photopeak/server';
import type { Command } from 'commander';
import { EXIT } from '../terminal/index.ts';
import { configurationOf, type NodeArguments, WORKSPACE_FOLDER, withNodeOptions } from './node-options.ts';
import { runCommand } from './run-command.ts';

export function addServeCommand(program: Command): void {
  withNodeOptions(
    program.command('serve').description('run the node: DICOM, DICOMweb, folders, pipelines, workspace'),
  ).action((options: NodeArguments) =>
    runCommand(async () => {
      const node = await startNode({
        configuration: await configurationOf(options),
        dataFolder: options.data,
        ...(options.config === undefined ? {} : { configurationFile: options.config }),
        ...(existsSync(WORKSPACE_FOLDER) ? { workspaceFolder: WORKSPACE_FOLDER } : {}),
      });
      console.log(whereToLook(node));
      await untilStopped();
      await node.close();
      return EXIT.ok;
    }),
  );
  program
    .command('config-schema')
    .description('print the JSON Schema of photopeak.yaml, for editors')
    .action(() => console.log(JSON.stringify(configurationJsonSchema(), null, 2)));
}

/** Addresses, and the one-time link while nobody has set a password. */
export function whereToLook(node: RunningNode): string {
  const lines = [`workspace  ${node.url}/`];
  if (node.signInToken !== undefined) {
    lines.push(
      `sign in    ${node.url}/#token=${node.signInToken}`,
      '           (works once; then set a password)',
    );
  }
  if (node.dicom !== null)
    lines.push(`DICOM      ${node.dicom.aeTitle} at ${node.dicom.host}:${node.dicom.port}`);
  lines.push(
    `DICOMweb   ${node.url}/dicom-web`,
    'Not a cleared medical device: for research and evaluation. Ctrl-C stops.',
  );
  return lines.join('\n');
}

export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    // A node with a configuration file reads it again instead; a terminal that closes ends the others.
    if (process.listenerCount('SIGHUP') === 0) process.once('SIGHUP', () => resolve());
  });
}

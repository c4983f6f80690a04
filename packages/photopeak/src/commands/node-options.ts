import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Configuration, defaultConfiguration, loadConfiguration } from '@photopeak/server';
import type { Command } from 'commander';

export interface NodeArguments {
  readonly config?: string;
  readonly data: string;
}

/** Where a node keeps everything when nothing else is said. */
export const DEFAULT_DATA_FOLDER = path.join(process.env.PHOTOPEAK_HOME ?? '.photopeak', 'node');

/** The built workspace beside this package. */
export const WORKSPACE_FOLDER = fileURLToPath(new URL('../../../workspace/dist', import.meta.url));

export function withNodeOptions(command: Command): Command {
  return command
    .option('--config <file>', 'photopeak.yaml; without it the defaults: loopback only, no routes')
    .option('--data <folder>', 'folder of archive and database', DEFAULT_DATA_FOLDER);
}

export async function configurationOf(options: NodeArguments): Promise<Configuration> {
  return options.config === undefined ? defaultConfiguration() : loadConfiguration(options.config);
}

// Plain JavaScript for any Node from 18 on: finds or fetches the Node that runs Photopeak.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

const wantedVersion = readFileSync(path.join(repositoryRoot, '.node-version'), 'utf8').trim();
const wantedMajor = Number(wantedVersion.split('.')[0]);

/** The npm package that carries the Node binary for this machine; it needs no install script. */
const packageName = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/**
 * The path of a Node that is new enough: this one, one fetched before, or one fetched now from npm.
 * @returns {string}
 */
export function ensureNode24() {
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return process.execPath;
  const home = path.join(repositoryRoot, '.node', wantedVersion);
  const binary = path.join(home, 'node_modules', packageName, 'bin', 'node');
  if (existsSync(binary)) return binary;
  console.error(
    `Photopeak runs under Node ${wantedMajor}; this is Node ${process.versions.node}. Fetching ${packageName}@${wantedVersion} from npm …`,
  );
  mkdirSync(home, { recursive: true });
  const result = spawnSync(
    'npm',
    [
      'install',
      '--prefix',
      home,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      `${packageName}@${wantedVersion}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (result.status !== 0 || !existsSync(binary)) {
    console.error(
      `NODE_UNAVAILABLE: Node ${wantedVersion} could not be fetched from npm (${packageName}). ` +
        `To do: connect to the npm registry, or install Node ${wantedMajor} and run this again.`,
    );
    process.exit(1);
  }
  return binary;
}

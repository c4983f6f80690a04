// Plain JavaScript for any Node from 18 on: finds or fetches the Node that runs Photopeak.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

const wantedVersion = readFileSync(path.join(repositoryRoot, '.node-version'), 'utf8').trim();
const wantedMajor = Number(wantedVersion.split('.')[0]);

/**
 * The npm that installs the packages where the machine's Node is too old. An npm leaves out, without a word, optional
 * packages that do not fit the Node it runs under (the builder's native part is one): it has to run under the new one,
 * and a distribution's npm cannot, because its own modules lie where only the distribution's Node looks.
 */
const NPM_VERSION = '11.21.2';

/** The npm package that carries the Node binary for this machine; it needs no install script. */
const packageName = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

const home = path.join(repositoryRoot, '.node', wantedVersion);
const fetchedNode = path.join(home, 'node_modules', packageName, 'bin', 'node');
const fetchedNpm = path.join(home, 'node_modules', 'npm', 'bin', 'npm-cli.js');

function isNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= wantedMajor;
}

/**
 * The path of a Node that is new enough: this one, one fetched before, or one fetched now from npm.
 * @returns {string}
 */
export function ensureNode24() {
  if (isNewEnough()) return process.execPath;
  if (existsSync(fetchedNode) && existsSync(fetchedNpm)) return fetchedNode;
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
      '--loglevel=error',
      `${packageName}@${wantedVersion}`,
      `npm@${NPM_VERSION}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (result.status !== 0 || !existsSync(fetchedNode) || !existsSync(fetchedNpm)) {
    console.error(
      `NODE_UNAVAILABLE: Node ${wantedVersion} could not be fetched from npm (${packageName}). ` +
        `To do: connect to the npm registry, or install Node ${wantedMajor} and run this again.`,
    );
    process.exit(1);
  }
  return fetchedNode;
}

/**
 * How to call an npm that runs under the Node of `ensureNode24`: program and first arguments.
 * @returns {string[]}
 */
export function npmCommand() {
  return isNewEnough() ? ['npm'] : [ensureNode24(), fetchedNpm];
}

// `npm run check [NAME…]`: the checks of the sources; without a name, all of them.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureNode24, repositoryRoot } from '../packages/photopeak/bin/node24.js';

const node = ensureNode24();
const bin = (...parts) => path.join(repositoryRoot, 'node_modules', ...parts);

/** Looks again only at what changed since the last time, and tells what it found then of the rest. */
const types = (project, name) => [
  bin('typescript', 'bin', 'tsc'),
  ...[
    '-p',
    project,
    '--incremental',
    '--tsBuildInfoFile',
    bin('.cache', 'typescript', `${name}.tsbuildinfo`),
  ],
];

const CHECKS = {
  types: [
    types('.', 'repository'),
    types('packages/workspace', 'workspace'),
    // The test that drives a browser sees its types.
    types('packages/photopeak', 'photopeak'),
  ],
  style: [[bin('@biomejs', 'biome', 'bin', 'biome'), 'ci', '--colors=off', '--error-on-warnings', '.']],
  imports: [[path.join('scripts', 'checks', 'imports.js')]],
  'dead-code': [[bin('knip', 'bin', 'knip.js'), '--no-progress']],
  licences: [[path.join('scripts', 'checks', 'licences.js')]],
  kernels: [[path.join('scripts', 'build-kernels.js'), '--check']],
  generated: [[path.join('scripts', 'checks', 'generated.js')]],
};

const wanted = process.argv.slice(2);
let isOk = true;
for (const name of wanted.length > 0 ? wanted : Object.keys(CHECKS)) {
  for (const command of CHECKS[name] ?? []) {
    const result = spawnSync(node, command, { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'] });
    if (result.status !== 0) isOk = false;
  }
  if (CHECKS[name] === undefined) {
    console.error(`unknown check ${name}; there are: ${Object.keys(CHECKS).join(', ')}`);
    isOk = false;
  }
}
process.exit(isOk ? 0 : 1);

// `npm run test:faults`: long campaigns in which parts of a node fail; see docs/operations.md.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureNode24, repositoryRoot } from '../packages/photopeak/bin/node24.js';
import { ensurePeers } from './setup/debian.js';
import { ensurePackages } from './setup/packages.js';
import { ensureWorkspace } from './setup/workspace.js';

const node = ensureNode24();
ensurePackages();
ensureWorkspace(node);
const missing = ensurePeers();
if (missing.length > 0) console.error(`MISSING PEERS: ${missing.join(', ')}`);
const vitest = path.join('node_modules', 'vitest', 'vitest.mjs');
const result = spawnSync(
  node,
  [vitest, 'run', '--config', 'vitest.faults.config.ts', ...process.argv.slice(2)],
  {
    cwd: repositoryRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
  },
);
process.exit(result.status ?? 1);

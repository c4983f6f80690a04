// `npm run fuzz -- TARGET [--minutes N] [--seed N]`: damaged bytes for one of the readers; see docs/security.md.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureNode24, repositoryRoot } from '../packages/photopeak/bin/node24.js';
import { ensurePackages } from './setup/packages.js';

const node = ensureNode24();
ensurePackages();
const args = process.argv.slice(2);
// The network package stands alone and brings its own campaign.
const [owner, ...rest] = args[0] === 'pdu' ? ['dimse', ...args.slice(1)] : ['server', ...args];
const script = path.join('packages', owner, 'scripts', 'fuzz.ts');
const result = spawnSync(node, [script, ...rest], { cwd: repositoryRoot, stdio: 'inherit' });
process.exit(result.status ?? 1);

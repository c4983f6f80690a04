// `npm start`: everything from a fresh clone to a processed PET/CT study in the browser.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureNode24, repositoryRoot } from '../packages/photopeak/bin/node24.js';
import { ensurePackages } from './setup/packages.js';
import { ensureWorkspace } from './setup/workspace.js';

const node = ensureNode24();
ensurePackages();
ensureWorkspace(node);
const cli = path.join(repositoryRoot, 'packages', 'photopeak', 'src', 'cli.ts');
const child = spawn(node, ['--disable-warning=ExperimentalWarning', cli, 'start', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));

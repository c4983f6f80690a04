// The built workspace application: rebuilt when its sources have changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../packages/photopeak/bin/node24.js';

const folder = path.join(repositoryRoot, 'packages', 'workspace');

function digestOfSources() {
  const hash = createHash('sha256');
  const visit = (relative) => {
    const entries = readdirSync(path.join(folder, relative), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === 'node_modules' || entry.name === 'dist') continue;
      const name = path.join(relative, entry.name);
      if (entry.isDirectory()) visit(name);
      else hash.update(name).update(readFileSync(path.join(folder, name)));
    }
  };
  visit('.');
  hash.update(readFileSync(path.join(repositoryRoot, 'package-lock.json')));
  return hash.digest('hex');
}

/** @param {string} node path of the Node to build with */
export function ensureWorkspace(node) {
  const stamp = path.join(folder, 'dist', '.sources');
  const digest = digestOfSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.error('Building the workspace …');
  const vite = path.join(repositoryRoot, 'node_modules', 'vite', 'bin', 'vite.js');
  const result = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.status !== 0) {
    console.error('WORKSPACE_BUILD_FAILED: the workspace could not be built. To do: see the message above.');
    process.exit(1);
  }
  writeFileSync(stamp, digest);
}

// npm packages of the repository: installed when they are missing or the lock file has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npmCommand, repositoryRoot } from '../../packages/photopeak/bin/node24.js';

export function ensurePackages() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(repositoryRoot, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(repositoryRoot, 'node_modules', '.photopeak-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing the npm packages (npm ci) …');
  const [npm, ...args] = npmCommand();
  const result = spawnSync(npm, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.status !== 0) {
    console.error(
      'PACKAGES_UNAVAILABLE: npm ci failed. To do: see its message above, connect to the registry, run again.',
    );
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

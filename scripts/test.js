// `npm test`: sets up what the tests need, runs the checks and all tests, ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureNode24, repositoryRoot } from '../packages/photopeak/bin/node24.js';
import { ensurePeers } from './setup/debian.js';
import { ensurePackages } from './setup/packages.js';
import { ensureWorkspace } from './setup/workspace.js';

const peersRequired = process.env.PHOTOPEAK_REQUIRE_PEERS === '1';
const node = ensureNode24();
ensurePackages();
const missing = ensurePeers();
if (missing.length > 0) {
  console.error(`
==========================================================================================
MISSING PEERS: ${missing.join(', ')}
The tests that compare with them ${peersRequired ? 'FAIL' : 'are skipped, by name'}.
To do: as root, apt-get install ${missing.join(' ')}
==========================================================================================
`);
}
ensureWorkspace(node);

let passed = 0;
let failed = 0;
let skipped = 0;

const run = (args, options = {}) =>
  spawnSync(node, args, { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'], ...options });

for (const check of ['types', 'style', 'imports', 'dead-code', 'licences', 'kernels', 'generated']) {
  const isOk = run([path.join('scripts', 'check.js'), check]).status === 0;
  console.log(`${isOk ? 'ok    ' : 'FAILED'} check ${check}`);
  if (isOk) passed += 1;
  else failed += 1;
}

const reports = mkdtempSync(path.join(tmpdir(), 'photopeak-test-'));
const report = path.join(reports, 'report.json');
const vitest = run(
  [
    path.join('node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' } },
);
if (existsSync(report)) {
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  passed += counts.numPassedTests;
  failed += counts.numFailedTests;
  skipped += counts.numPendingTests;
  // A file that could not even be loaded has no failed test of its own.
  failed += counts.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
}
rmSync(reports, { recursive: true, force: true });
if (vitest.status !== 0 && failed === 0) failed += 1;

console.log('');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);

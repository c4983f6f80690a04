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
const tellMissing = () => {
  if (missing.length === 0) return;
  console.error(`
==========================================================================================
MISSING PEERS: ${missing.join(', ')}
The tests and checks that compare with them ${peersRequired ? 'FAIL' : 'are skipped, by name'}.
To do: as root, apt-get install ${missing.join(' ')}
==========================================================================================
`);
};
tellMissing();
ensureWorkspace(node);

let passed = 0;
let failed = 0;
let skipped = 0;

const run = (args, options = {}) =>
  spawnSync(node, args, { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'], ...options });

/** The built kernels are compared with what this very compiler makes of their sources. */
const NEEDED = { kernels: ['clang-19', 'lld-19'] };

for (const check of ['types', 'style', 'imports', 'dead-code', 'licences', 'kernels', 'generated']) {
  const absent = (NEEDED[check] ?? []).filter((name) => missing.includes(name));
  if (absent.length > 0 && !peersRequired) {
    console.log(`SKIPPED check ${check} (missing ${absent.join(', ')})`);
    skipped += 1;
    continue;
  }
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
    '--reporter=./packages/testing/src/slowest-files.ts',
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

tellMissing();
console.log('');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);

// `npm test`: sets up what the tests need, runs the checks and all tests, ends with `N passed, N failed`.
import { spawn } from 'node:child_process';
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
const failedChecks = [];

/** Runs a program of ours to its end. @returns its exit status, and what it said where that is not shown at once. */
const run = (args, { isShown, env = process.env }) =>
  new Promise((resolve) => {
    const stdio = ['ignore', isShown ? 'inherit' : 'pipe', isShown ? 'inherit' : 'pipe'];
    const child = spawn(node, args, { cwd: repositoryRoot, stdio, env });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    child.on('error', (error) => resolve({ status: null, output: `${output}${error}\n` }));
    child.on('close', (status) => resolve({ status, output }));
  });

/** The built kernels are compared with what this very compiler makes of their sources. */
const NEEDED = { kernels: ['clang-19', 'lld-19'] };

const check = async (name) => {
  const absent = (NEEDED[name] ?? []).filter((peer) => missing.includes(peer));
  if (absent.length > 0 && !peersRequired) {
    console.log(`SKIPPED check ${name} (missing ${absent.join(', ')})`);
    skipped += 1;
    return;
  }
  const { status, output } = await run([path.join('scripts', 'check.js'), name], { isShown: false });
  console.log(`${output}${status === 0 ? 'ok    ' : 'FAILED'} check ${name}`);
  if (status === 0) passed += 1;
  else failedChecks.push(name);
};

// It writes files of docs/ anew, which tests read.
await check('generated');

/** One after the other, beside the tests: a quarter of the time these wait for one another and for peers. */
const others = async () => {
  for (const name of ['types', 'style', 'imports', 'dead-code', 'licences', 'kernels']) await check(name);
};

const reports = mkdtempSync(path.join(tmpdir(), 'photopeak-test-'));
const report = path.join(reports, 'report.json');
const [vitest] = await Promise.all([
  run(
    [
      path.join('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      '--reporter=./packages/testing/src/slowest-files.ts',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    { isShown: true, env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' } },
  ),
  others(),
]);
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

failed += failedChecks.length;
tellMissing();
if (failedChecks.length > 0) console.log(`FAILED checks: ${failedChecks.join(', ')}`);
console.log('');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);

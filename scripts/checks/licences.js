// Licences of everything the product ships: permissive ones only.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../packages/photopeak/bin/node24.js';

const PERMITTED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSL-1.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'OFL-1.1',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'Zlib',
  'WTFPL',
]);

/** Packages whose manifest names no SPDX licence; the licence was read in the package itself. */
const READ_BY_HAND = { 'rechoir@0.6.2': 'MIT' };

function isPermitted(expression) {
  const text = expression.replace(/[()]/g, ' ').trim();
  if (/\bOR\b/.test(text)) return text.split(/\bOR\b/).some(isPermitted);
  if (/\bAND\b/.test(text)) return text.split(/\bAND\b/).every(isPermitted);
  return PERMITTED.has(text.trim());
}

const lock = JSON.parse(readFileSync(path.join(repositoryRoot, 'package-lock.json'), 'utf8'));
const problems = [];
let count = 0;
for (const [location, entry] of Object.entries(lock.packages)) {
  if (
    !location.includes('node_modules/') ||
    entry.link === true ||
    entry.dev === true ||
    entry.devOptional === true
  )
    continue;
  const name = location.slice(location.lastIndexOf('node_modules/') + 'node_modules/'.length);
  count += 1;
  const licence = READ_BY_HAND[`${name}@${entry.version}`] ?? entry.license;
  if (typeof licence !== 'string' || !isPermitted(licence)) {
    problems.push(`${name}@${entry.version}: licence ${JSON.stringify(licence ?? null)} is not on the list`);
  }
}
for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${count} packages, all under permitted licences`);
process.exit(problems.length === 0 ? 0 : 1);

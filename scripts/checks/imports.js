// Imports go only downwards between the packages, and enter a package only by its index.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../packages/photopeak/bin/node24.js';

/** What each package may import of the others; see ARCHITECTURE.md. */
const ALLOWED = {
  imaging: [],
  dimse: [],
  dicom: ['imaging'],
  analysis: ['imaging'],
  models: ['imaging'],
  phantom: ['dicom', 'imaging'],
  pipelines: ['dicom', 'analysis', 'models', 'imaging'],
  server: ['pipelines', 'dimse', 'dicom', 'models', 'imaging'],
  workspace: [],
  photopeak: ['server', 'pipelines', 'phantom', 'analysis', 'models', 'dicom', 'dimse', 'imaging'],
  testing: [],
};

/** Only tests may reach these, from anywhere. */
const FOR_TESTS = ['testing', 'phantom', 'imaging', 'dicom', 'models', 'workspace'];

/** The pages of the workspace as tests see them, and what a node under test stands on. */
const FACES_FOR_TESTS = [
  '@photopeak/models/testing',
  '@photopeak/workspace/testing',
  '@photopeak/server/testing',
];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g;

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && entry.name !== 'dist') yield* sources(name);
    } else if (/\.tsx?$/.test(entry.name)) yield name;
  }
}

const problems = [];

function checkFile(owner, root, file) {
  const isTest =
    /(\.test|\.faults|test-kit|test-support)\.tsx?$/.test(file) ||
    file.includes(`${path.sep}testing${path.sep}`);
  for (const match of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const target = match[1] ?? match[2] ?? match[3];
    const where = path.relative(repositoryRoot, file);
    if (target.startsWith('@photopeak/')) {
      const [, name, ...deeper] = target.split('/');
      const isAllowed =
        name === owner || ALLOWED[owner].includes(name) || (isTest && FOR_TESTS.includes(name));
      if (!isAllowed) problems.push(`${where}: ${owner} may not import ${name}`);
      if (deeper.length > 0 && !(isTest && FACES_FOR_TESTS.includes(target)))
        problems.push(`${where}: reaches into ${name} past its index (${target})`);
    } else if (target.startsWith('.')) {
      const resolved = path.resolve(path.dirname(file), target.split('?')[0]);
      if (!resolved.startsWith(root + path.sep)) {
        problems.push(`${where}: leaves its package by ${target}; import the package by name`);
      }
    }
  }
}

for (const owner of Object.keys(ALLOWED)) {
  const root = path.join(repositoryRoot, 'packages', owner);
  const folder = path.join(root, 'src');
  if (!existsSync(folder) || !statSync(folder).isDirectory()) continue;
  for (const file of sources(folder)) checkFile(owner, root, file);
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (!name.startsWith('@photopeak/')) continue;
    const short = name.slice('@photopeak/'.length);
    if (!ALLOWED[owner].includes(short))
      problems.push(`packages/${owner}/package.json: may not depend on ${short}`);
  }
}

for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

// `npm run build -w @photopeak/dimse [FOLDER]`: what is published, as JavaScript and declarations, in dist/ or FOLDER.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const repository = path.join(root, '..', '..');
const out = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
const tsc = path.join(repository, 'node_modules', 'typescript', 'bin', 'tsc');

rmSync(out, { recursive: true, force: true });
const compiled = spawnSync(
  process.execPath,
  [tsc, '-p', path.join(root, 'tsconfig.build.json'), '--outDir', out],
  {
    stdio: 'inherit',
  },
);
if (compiled.status !== 0) process.exit(1);

// The repository runs the sources; what is published runs what was compiled.
const {
  private: _,
  scripts: __,
  devDependencies: ___,
  ...description
} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const published = {
  ...description,
  exports: { '.': { types: './index.d.ts', default: './index.js' } },
  types: './index.d.ts',
  sideEffects: false,
};
mkdirSync(out, { recursive: true });
writeFileSync(path.join(out, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
cpSync(path.join(root, 'README.md'), path.join(out, 'README.md'));
cpSync(path.join(repository, 'LICENSE'), path.join(out, 'LICENSE'));

// Files that are generated from others are what their generator writes now.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../packages/photopeak/bin/node24.js';

/** Each generator rewrites its files in place; a difference to what is there fails the check. */
const GENERATED = [
  { command: ['scripts/write-error-reference.ts'], files: ['docs/errors.md'] },
  { command: ['scripts/write-conformance.ts'], files: ['docs/dicom-conformance.md'] },
  {
    command: ['scripts/write-schemas.ts'],
    files: [
      'summary',
      'cardiac-summary',
      'radiotherapy-summary',
      'comparison-summary',
      'inspect',
      'measure',
      'dvh',
    ].map((name) => `docs/schemas/${name}.schema.json`),
  },
];

let isOk = true;
for (const { command, files } of GENERATED) {
  const read = () =>
    files.map((file) =>
      existsSync(path.join(repositoryRoot, file))
        ? readFileSync(path.join(repositoryRoot, file), 'utf8')
        : '',
    );
  const before = read();
  const result = spawnSync(process.execPath, command, {
    cwd: repositoryRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const after = read();
  files.forEach((file, index) => {
    if (result.status !== 0 || before[index] !== after[index]) {
      console.error(`${file} is not what ${command[0]} writes: run it and commit the result`);
      isOk = false;
    }
  });
}
process.exit(isOk ? 0 : 1);

// Builds packages/imaging/kernels/imaging.wasm from its C sources with Debian's clang-19 and lld-19.
// With --check it builds beside and compares bytes: the committed file must be what the sources give.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../packages/imaging/kernels', import.meta.url));
const committed = path.join(folder, 'imaging.wasm');

const flags = [
  '--target=wasm32',
  '-std=gnu17',
  '-O3',
  '-Wall',
  '-Wextra',
  '-Werror',
  // Fixed-width SIMD only, no contraction to fused operations: the same bits on every processor.
  '-msimd128',
  '-ffp-contract=off',
  // Shared memory, and one instruction for a copy.
  '-matomics',
  '-mbulk-memory',
  '-mmutable-globals',
  '-mnontrapping-fptoint',
  '-ffreestanding',
  '-nostdlib',
  '-Wl,--no-entry',
  '-Wl,--import-memory',
  '-Wl,--shared-memory',
  '-Wl,--max-memory=2147483648',
  '-Wl,--export=__stack_pointer',
  '-Wl,--stack-first',
  '-Wl,-z,stack-size=65536',
  '-Wl,--strip-all',
];

function build(output) {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .sort();
  const clang = ['clang-19', '/usr/lib/llvm-19/bin/clang'].find(
    (program) => spawnSync(program, ['--version']).status === 0,
  );
  if (clang === undefined) {
    console.error('clang-19 is missing. To do: apt-get install clang-19 lld-19');
    process.exit(2);
  }
  // Run in the folder with relative names, so that no path of this machine gets into the file.
  const result = spawnSync(clang, [...flags, '-o', output, ...sources], { cwd: folder, stdio: 'inherit' });
  if (result.status !== 0) process.exit(1);
}

if (process.argv.includes('--check')) {
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'kernels-'));
  try {
    const built = path.join(temporary, 'imaging.wasm');
    build(built);
    if (!existsSync(committed) || !readFileSync(committed).equals(readFileSync(built))) {
      console.error('packages/imaging/kernels/imaging.wasm is not what its sources give.');
      console.error('To do: node scripts/build-kernels.js, then commit the file.');
      process.exitCode = 1;
    } else {
      console.log('imaging.wasm equals its sources');
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
} else {
  build(committed);
  console.log(`built ${path.relative(process.cwd(), committed)} (${readFileSync(committed).length} bytes)`);
}

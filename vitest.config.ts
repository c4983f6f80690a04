import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './packages/testing/src/longest-first.ts';

// Programs that tests start (commands, workers) find their modules compiled: half of a short command's time.
process.env.NODE_COMPILE_CACHE ??= path.join(import.meta.dirname, 'node_modules', '.cache', 'node-compile');

/** Packages of pure functions: their files leave nothing behind for one another. */
const PURE = ['analysis', 'dicom', 'imaging', 'phantom', 'pipelines'];
const of = (names: string) => [`packages/${names}/src/**/*.test.ts`];
/** Modules are loaded by Node itself, as the product's are: compiled before, and without a detour at every import. */
const experimental = { viteModuleRunner: false };

export default defineConfig({
  test: {
    projects: [
      // A file has a process of its own, so that what it starts and sets ends with it.
      {
        extends: true,
        test: { name: 'apart', include: of(`!(${[...PURE, 'workspace'].join('|')})`), experimental },
      },
      // Its sources hold JSX, which Node does not read.
      { extends: true, test: { name: 'workspace', include: of('workspace') } },
      // Files follow each other in one process: modules, compiled functions and kernel threads are there already.
      {
        extends: true,
        test: { name: 'pure', include: of(`(${PURE.join('|')})`), isolate: false, experimental },
      },
    ],
    globalSetup: ['packages/testing/src/run-folder.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A second, vitest's own patience, says more about the machine than about what is tested.
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    // Two more than the processors of the smallest machine: workers wait for peers and for the programs they start.
    // With one more a quarter of the processors' time was left over.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
  },
});

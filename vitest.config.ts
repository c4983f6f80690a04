import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './packages/testing/src/longest-first.ts';

// Programs that tests start (commands, workers) find their modules compiled: half of a short command's time.
process.env.NODE_COMPILE_CACHE ??= path.join(import.meta.dirname, 'node_modules', '.cache', 'node-compile');

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts'],
    globalSetup: ['packages/testing/src/run-folder.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A second, vitest's own patience, says more about the machine than about what is tested.
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    // One more than the processors of the smallest machine: a third of a worker's time it waits for a peer.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});

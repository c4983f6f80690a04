import { defineConfig } from 'vitest/config';

/** Long campaigns against real parts, not part of `npm test`: `npm run test:faults`. */
export default defineConfig({
  test: {
    globalSetup: ['packages/testing/src/run-folder.ts'],
    include: ['packages/*/src/**/*.faults.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    maxWorkers: 1,
  },
});

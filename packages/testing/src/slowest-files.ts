import path from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** How many files are named. */
const MOST = 10;

/** Names the files that took longest, with everything that a file takes: loading, its hooks, its tests. */
export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules.map((module) => {
      const { collectDuration, setupDuration, prepareDuration, duration } = module.diagnostic();
      return { name: module.moduleId, ms: collectDuration + setupDuration + prepareDuration + duration };
    });
    const slowest = files.toSorted((one, other) => other.ms - one.ms).slice(0, MOST);
    console.log('\nThe slowest files, in seconds:');
    for (const { name, ms } of slowest) {
      console.log(`${(ms / 1000).toFixed(1).padStart(7)}  ${path.relative(process.cwd(), name)}`);
    }
  }
}

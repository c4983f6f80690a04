/** What tests of other packages use. */
export { layCluster } from './cluster.ts';
export { psmaSummary, uptakeRegion } from './petct-summary.ts';
export { runRow } from './run-row.ts';
export { takeIn } from './take-in.ts';

/** What tests of other packages use. */
export { layCluster } from './cluster.ts';

export * from './alignment/index.ts';
export { acceptAll, currentDecisions, decide, takeBack } from './decisions.ts';
export { IncompleteError } from './incomplete-error.ts';
export { signRun } from './sign.ts';
export { reviewSites } from './sites.ts';
export { calibrateSite, type UptakeClick, uptakeClicks } from './uptake-clicks.ts';

export { acceptAll, currentDecisions, decide } from './decisions.ts';
export { findingsOf } from './findings.ts';
export { IncompleteError } from './incomplete-error.ts';
export { signRun } from './sign.ts';
export { deriveSignedReport } from './signed-report.ts';
export { reviewSites } from './sites.ts';

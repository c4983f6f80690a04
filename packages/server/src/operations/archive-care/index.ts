export { checkLastArrivals } from './after-power-cut.ts';
export { removeLeftovers } from './leftovers.ts';
export { openProblems, recordProblems } from './problems.ts';
export { type RepairContext, type RepairOutcome, repairNext, repairProblem } from './repair.ts';
export { type ScrubReport, scrubNext } from './scrub.ts';
export { type ArchiveProblem, type ArchiveVerification, verifyArchive } from './verify.ts';

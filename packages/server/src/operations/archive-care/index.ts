export { removeLeftovers } from './leftovers.ts';
export { type ArchiveProblem, type ArchiveVerification, verifyArchive } from './verify.ts';

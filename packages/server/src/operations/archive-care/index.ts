export { type ArchiveProblem, type ArchiveVerification, verifyArchive } from './verify.ts';

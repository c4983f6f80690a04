export { correctAlignment } from './correct.ts';
export { decideAlignment } from './decide.ts';
export { type AlignmentContext, noteNextAlignment } from './note-checks.ts';

export { openArchiveOf, type PriorArchive, type WantedInstance } from './archives/index.ts';
export { askSourceNext } from './ask-source.ts';
export { bringNext, type PriorsOnTheirWay } from './bring.ts';
export { studyPriors } from './list.ts';
export { type PriorContext, seekNext, wantSearches } from './seek.ts';

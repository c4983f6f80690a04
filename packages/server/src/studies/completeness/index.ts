export { type ClosingEvidence, closeStudy } from './close.ts';
export { studyCounts } from './counts.ts';
export { expect, settleWhatIsWhole } from './expectations.ts';
export { createSourcePace, learned, type SourcePace } from './pace.ts';

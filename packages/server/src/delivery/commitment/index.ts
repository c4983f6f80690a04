export { type Arrivals, createArrivals } from './arrivals.ts';
export { askForCommitment, type CommitFor, settleWithoutCommitment } from './ask.ts';
export { createDimseCommitter } from './dimse-committer.ts';
export { commitmentReportService, receiveReport } from './reports.ts';
export { createWebCommitter } from './web-committer.ts';

import { scheme } from './code.ts';

const code = scheme('UMLS');

/** Concepts of time points that PS3.16 takes from UMLS: TID 1502, CID 6146. */
export const umls = {
  timePoint: code('C2348792', 'Time Point'),
  baseline: code('C1442488', 'Baseline'),
} as const;

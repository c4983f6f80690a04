import { scheme } from './code.ts';

const code = scheme('LN');

/** Procedures reported, CID 100. */
export const loinc = {
  petWholeBody: code('44139-4', 'PET whole body'),
  petUnspecified: code('44136-0', 'PET unspecified body region'),
  ctUnspecified: code('25045-6', 'CT unspecified body region'),
} as const;

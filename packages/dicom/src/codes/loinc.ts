import { scheme } from './code.ts';

const code = scheme('LN');

/** LOINC codes that our objects write: procedures reported (CID 100) and measurements. */
export const loinc = {
  petWholeBody: code('44139-4', 'PET whole body'),
  petUnspecified: code('44136-0', 'PET unspecified body region'),
  ctUnspecified: code('25045-6', 'CT unspecified body region'),
  mrUnspecified: code('25056-3', 'MRI unspecified body region'),
  nmUnspecified: code('49118-3', 'NM unspecified body region'),
  usUnspecified: code('25061-3', 'US unspecified body region'),

  // Left Ventricle Volume Measurement, CID 12202
  endDiastolicVolume: code('18026-5', 'Left Ventricular End Diastolic Volume'),
  endSystolicVolume: code('18148-7', 'Left Ventricular End Systolic Volume'),
} as const;

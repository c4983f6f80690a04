import { type Code, scheme } from './code.ts';

const sct = scheme('SCT');

/** Left Ventricle Myocardial Wall 17 Segment Model, PS3.16 CID 3717, by number of the segment less one. */
export const MYOCARDIAL_SEGMENTS: readonly Code[] = [
  sct('264850008', 'Left ventricle basal anterior segment'),
  sct('396482007', 'Left ventricle basal anteroseptal segment'),
  sct('396646008', 'Left ventricle basal inferoseptal segment'),
  sct('264846001', 'Left ventricle basal inferior segment'),
  sct('396652009', 'Left ventricle basal inferolateral segment'),
  sct('396654005', 'Left ventricle basal anterolateral segment'),
  sct('264848000', 'Left ventricle mid anterior segment'),
  sct('396647004', 'Left ventricle mid anteroseptal segment'),
  sct('396649001', 'Left ventricle mid inferoseptal segment'),
  sct('264847005', 'Left ventricle mid inferior segment'),
  sct('396655006', 'Left ventricle mid inferolateral segment'),
  sct('396656007', 'Left ventricle mid anterolateral segment'),
  sct('264844003', 'Left ventricle apical anterior segment'),
  sct('264845002', 'Left ventricle apical septal segment'),
  sct('264849008', 'Left ventricle apical inferior segment'),
  sct('264853005', 'Left ventricle apical lateral segment'),
  sct('128564006', 'Apex of left ventricle'),
];

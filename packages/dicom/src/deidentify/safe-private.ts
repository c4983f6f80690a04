import type { Vr } from '../data/index.ts';

/** A private element that holds no identity: group, creator, low byte of the element, VR. */
export interface SafePrivateElement {
  readonly creator: string;
  readonly group: number;
  readonly element: number;
  readonly vr: Vr;
}

const of = (creator: string, group: number, ...elements: readonly (readonly [number, Vr])[]) =>
  elements.map(([element, vr]): SafePrivateElement => ({ creator, group, element, vr }));

/**
 * Safe private attributes: the ones of PS3.15 section E.3.10 that quantitative PET, CT and diffusion MR need, and the
 * scan date-time of GE PET (0009,xx0D), to which its decay correction refers; that one is a date and is treated as one.
 */
export const safePrivateElements: readonly SafePrivateElement[] = [
  ...of('Philips PET Private Group', 0x7053, [0x00, 'DS'], [0x09, 'DS']),
  ...of('GEMS_PETD_01', 0x0009, [0x0d, 'DT']),
  ...of('GEMS_ACQU_01', 0x0019, [0x23, 'DS'], [0x24, 'DS'], [0x27, 'DS'], [0x9e, 'LO']),
  ...of('GEMS_PARM_01', 0x0043, [0x27, 'SH'], [0x39, 'IS'], [0x6f, 'DS']),
  ...of('GEMS_HELIOS_01', 0x0045, [0x01, 'SS'], [0x02, 'FL']),
  ...of('ELSCINT1', 0x00e1, [0x21, 'DS']),
  ...of('ELSCINT1', 0x01e1, [0x26, 'CS']),
  ...of('ELSCINT1', 0x01f1, [0x01, 'CS'], [0x07, 'DS'], [0x26, 'DS'], [0x27, 'DS']),
  ...of('Philips Imaging DD 001', 0x2001, [0x03, 'FL'], [0x04, 'CS']),
  ...of('Philips MR Imaging DD 001', 0x2005, [0x0d, 'FL'], [0x0e, 'FL']),
  ...of('SIEMENS MR HEADER', 0x0019, [0x0c, 'IS'], [0x0d, 'CS'], [0x0e, 'FD'], [0x27, 'FD']),
];

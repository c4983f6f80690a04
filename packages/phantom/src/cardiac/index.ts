export * from './dicom/index.ts';
export type { CardiacModality, CardiacPhantomOptions, DefectRequest } from './options.ts';
export { type CardiacImages, type CardiacPhantom, cardiacPhantom } from './phantom.ts';
export type { CardiacTruth, VentricleTruth } from './truth.ts';
export type { ShortAxisFrame, VentricleShape } from './ventricle.ts';

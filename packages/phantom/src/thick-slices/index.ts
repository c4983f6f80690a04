export { type ThickSlices, type ThickSlicesOptions, thickSlices } from './head.ts';

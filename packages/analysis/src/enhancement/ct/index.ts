export { type DenoiseCtOptions, type DenoisedCt, denoiseCt } from './denoise-ct.ts';

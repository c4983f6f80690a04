export { type DenoisedMr, type DenoiseMrOptions, denoiseMr } from './denoise-mr.ts';
export { type MpPca, type MpPcaOptions, mpPca } from './mp-pca.ts';

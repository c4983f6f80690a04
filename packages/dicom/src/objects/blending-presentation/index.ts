export { type BlendedSeries, type BlendingPresentationInput, buildBlendingPresentation } from './build.ts';

export { type ComplexImage, complexImage, type FourierPlan, fourierPlan, transformCentered } from './fft.ts';

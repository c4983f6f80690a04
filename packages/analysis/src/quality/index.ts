export { type GlobalNoise, globalNoise } from './global-noise.ts';

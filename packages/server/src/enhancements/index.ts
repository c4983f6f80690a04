export { askForEnhancement } from './ask.ts';
export { dropEnhancement, keepEnhancement, sweepLayers } from './decide.ts';
export { type Layers, openLayers } from './layers.ts';
export { listEnhancements, offeredMethods } from './list.ts';

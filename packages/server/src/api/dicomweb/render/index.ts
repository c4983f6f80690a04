export { type RenderParameters, renderParameters } from './parameters.ts';
export { type PictureType, renderFrame } from './render.ts';

export { hotMetal } from './colour-maps.ts';
export { type FusedInput, fusedPlanes } from './lesion-capture.ts';
export { type MipInput, mipCapture } from './mip-capture.ts';
export { encodePng, type Picture, stack } from './picture.ts';
export { type DrawnStructure, slicesToShow, structureSlice, viewOf } from './structure-capture.ts';

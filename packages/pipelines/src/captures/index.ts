export { hotMetal } from './colour-maps.ts';
export { type FusedInput, fusedPlanes } from './lesion-capture.ts';
export { type MipInput, mipCapture } from './mip-capture.ts';
export {
  createPicture,
  drawText,
  encodePng,
  type Picture,
  place,
  type Rgb,
  setPixel,
  stack,
} from './picture.ts';
export { type DrawnStructure, slicesToShow, structureSlice, viewOf } from './structure-capture.ts';

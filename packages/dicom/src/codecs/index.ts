export {
  type DecodedFrame,
  type DecodeOptions,
  decodeFrame,
  decodeFrames,
  type ImageFile,
} from './decode.ts';
export { canEncode, encodeFrame, encodeJpegPicture, type FrameSamples } from './encode.ts';
export { compressedFrames, frameBits, nativePixelData } from './frames.ts';
export { type ImagePixel, imagePixel } from './image-pixel.ts';
export { canDecode } from './syntaxes.ts';
export { canTranscode, transcodePart10 } from './transcode.ts';

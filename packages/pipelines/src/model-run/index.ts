export { dicomExchange } from './dicom-exchange.ts';
export { inferImage } from './infer-image.ts';

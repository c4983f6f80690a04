export { dicomExchange } from './dicom-exchange.ts';

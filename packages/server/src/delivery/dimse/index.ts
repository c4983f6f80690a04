export { createDimseSender, type DimseDestination } from './dimse-sender.ts';
export { uncompressedConversion } from './uncompressed-conversion.ts';

export { type BulkValue, type FromJsonOptions, fromDicomJson } from './from-json.ts';
export { type DicomJson, type DicomJsonElement, jsonTag } from './model.ts';
export { personNameJson, type ToJsonOptions, toDicomJson } from './to-json.ts';
export { nativeDicomXml } from './to-xml.ts';

export { type DicomErrorCode, dicomError, dicomErrorCodes, type Finding, finding, hexTag } from './errors.ts';

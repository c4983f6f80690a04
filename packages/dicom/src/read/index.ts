export { type HeaderFile, readFileHeader, readFilePart10 } from './file.ts';
export { defaultReadLimits, type ReadLimits } from './limits.ts';
export { type ParsedFile, type ParseOptions, parseDataset, parsePart10 } from './part10.ts';

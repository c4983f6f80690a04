export { segmentOrgansStep } from './segment-organs.ts';
export { codedStructure, structureOfCode, structureSegments } from './structure-codes.ts';

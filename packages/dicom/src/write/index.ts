export { encapsulate } from './encapsulate.ts';
export { type Part10Contents, type WriteOptions, writeDataset, writePart10 } from './part10.ts';

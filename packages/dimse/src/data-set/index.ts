export { type Attribute, encodeDataSet } from './encode.ts';
export { type DataSetReader, readDataSet } from './read.ts';

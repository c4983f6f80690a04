export {
  buildRealWorldValueMapping,
  type MappedImages,
  type RealWorldValueMappingInput,
  suvQuantities,
  type ValueMapping,
} from './build.ts';
export {
  isSuvMapping,
  type ReadValueMapping,
  type RealWorldValueMapping,
  readRealWorldValueMapping,
} from './read.ts';

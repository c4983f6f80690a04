export type {
  ContentItem,
  GraphicType,
  GraphicType3d,
  ItemOf,
  Relationship,
  SopReference,
  ValueType,
} from './content-item.ts';
export { childOf, childrenOf, walk } from './find.ts';
export {
  codeValue,
  composite,
  container,
  coordinates,
  coordinates3d,
  image,
  numericValue,
  textValue,
  uidValue,
} from './make.ts';
export { readContent, readDocumentContent } from './read.ts';
export { writeContent } from './write.ts';

export { Dataset, type ElementSource, type Key } from './dataset.ts';
export { formatDecimalString } from './decimal.ts';
export {
  type DictionaryEntry,
  dictionary,
  isKeyword,
  isPrivate,
  isPrivateCreator,
  type Keyword,
  keywordOf,
  lookUpTag,
  privateVr,
  Tag,
  tagOf,
} from './dictionary.ts';
export { type Content, Element, type Fragments } from './element.ts';
export { UID } from './generated/uids.ts';
export { type PersonName, type PersonNameGroup, parsePersonName } from './person-name.ts';
export type { AnyValue, DatasetValues, ValueOf } from './values.ts';
export { type Vr, vrNames, vrTraits } from './vr.ts';

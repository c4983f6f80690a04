export { multipartType } from './multipart.ts';
export { type StoreResult, storeAnswer, storeComposed, storeParts, storeSingle } from './store.ts';

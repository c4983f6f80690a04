export { multipartType } from './multipart.ts';
export { type StoreResult, storeAnswer, storeParts } from './store.ts';

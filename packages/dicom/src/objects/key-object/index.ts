export { buildKeyObject, type KeyObjectInput } from './build.ts';

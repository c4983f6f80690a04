export { implementationClassUid, implementationVersionName } from './implementation.ts';
export { uidKind, uidName } from './names.ts';
export { isUid, uidFrom } from './uid-from.ts';

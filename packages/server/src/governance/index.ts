export {
  closeSession,
  createAccount,
  digest,
  ensureFirstAccount,
  findSession,
  openSession,
  type SignedIn,
  setPassword,
  signInByLink,
  signInByPassword,
  verifyPassword,
} from './accounts.ts';
export * from './audit/index.ts';
export { type Action, type Permissions, permissionsOf, type Subject } from './permissions.ts';

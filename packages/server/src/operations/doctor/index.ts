export { checkCertificates } from './certificates.ts';
export { checkDatabase, wasStarted } from './database.ts';
export { type DoctorFinding, guarded, ok } from './finding.ts';
export { checkMachine } from './machine.ts';
export { checkPeers } from './peers.ts';

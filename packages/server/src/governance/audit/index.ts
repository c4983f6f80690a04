export { type Anchor, readAnchor, sealAnchor, writeAnchor } from './anchor.ts';
export { type AuditEvent, type AuditKind, type AuditRecord, appendAudit } from './chain.ts';
export { auditReceipts, MOST_RECEIPTS } from './receipts.ts';
export { verifyAudit } from './verify.ts';

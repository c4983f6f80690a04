export { type Anchor, readAnchor, writeAnchor } from './anchor.ts';
export { type AuditEvent, type AuditKind, type AuditRecord, appendAudit, canonicalText } from './chain.ts';
export { auditReceipts } from './receipts.ts';
export { verifyAudit } from './verify.ts';

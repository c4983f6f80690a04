export { auditEvent } from './audit-event.ts';
export { imagingStudy, patientId, patientResource, serviceRequest } from './imaging-study.ts';
export { priorityTask, reportResources, runTask } from './report.ts';
export { AUDIT_SYSTEM, FINDING_SYSTEM, type Link, type LinkedType, PHOTOPEAK, RUN_SYSTEM } from './terms.ts';

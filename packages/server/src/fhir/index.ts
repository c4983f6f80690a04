export { auditEvent } from './audit-event.ts';
export { imagingStudy, patientResource, serviceRequest } from './imaging-study.ts';
export { priorityTask, reportResources, runTask } from './report.ts';
export { AUDIT_SYSTEM, type Link, type LinkedType } from './terms.ts';

export { checkCommitment } from './check.ts';
export { reportNext } from './report.ts';
export { findReported, keepRequest, requestReported } from './requests.ts';
export { commitmentService } from './services.ts';

export { petctReport, type ReportInput, type ReportPicture } from './petct-report.ts';

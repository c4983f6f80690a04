export { comparisonPage } from './comparison-page.ts';
export { petctReport } from './petct-report.ts';

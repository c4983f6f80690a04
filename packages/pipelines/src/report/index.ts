export { comparisonPage } from './comparison-page.ts';
export { type Html, html } from './html.ts';
export { figure } from './page-parts.ts';
export { petctReport } from './petct-report.ts';
export { STYLE } from './style.ts';

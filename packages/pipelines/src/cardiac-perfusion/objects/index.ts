export { heartCapture } from './captures.ts';
export { perfusionReport } from './report.ts';
export { shortAxisObjects } from './short-axis.ts';

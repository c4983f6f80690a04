export { eigen } from './eigen.ts';
export { median } from './median.ts';

export { createReturns } from './returns.ts';

export { prepareFor } from './prepared-sender.ts';
export { sweepCopies } from './sweep.ts';

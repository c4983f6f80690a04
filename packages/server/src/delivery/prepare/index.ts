export { prepareFor } from './prepared-sender.ts';

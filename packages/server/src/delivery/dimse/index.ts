export { createDimseSender, type DimseDestination } from './dimse-sender.ts';

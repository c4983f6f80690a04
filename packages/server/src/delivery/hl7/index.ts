export { createHl7Sender } from './hl7-sender.ts';

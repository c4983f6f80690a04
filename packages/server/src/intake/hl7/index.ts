export { startHl7Intake } from './listener.ts';
export { forgetMessages, processStored } from './receive.ts';

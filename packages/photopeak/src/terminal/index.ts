export { isDamage } from './damage.ts';
export { EXIT, type ExitCode, reportError } from './exit.ts';
export { dateTime, finiteNumber, oneOf, optionError, wholeNumber } from './options.ts';
export { type Column, textTable } from './table.ts';

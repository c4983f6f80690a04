export { isDamage } from './damage.ts';
export { EXIT, type ExitCode, reportError } from './exit.ts';
export {
  dateTime,
  finiteNumber,
  namedValue,
  oneOf,
  optionError,
  threadCount,
  wholeNumber,
} from './options.ts';
export { outputError } from './output-error.ts';
export { Progress } from './progress.ts';
export { type Column, textTable } from './table.ts';

export { EXIT, type ExitCode, reportError } from './exit.ts';
export { type Column, textTable } from './table.ts';

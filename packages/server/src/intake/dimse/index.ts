export type { ConflictAnswer } from './answer.ts';
export { type DimseIntakeOptions, receiveInto, startDimseIntake } from './dimse-intake.ts';

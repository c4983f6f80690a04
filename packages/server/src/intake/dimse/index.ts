export type { ConflictAnswer } from './answer.ts';
export { type DimseIntakeOptions, startDimseIntake } from './dimse-intake.ts';

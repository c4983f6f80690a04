export type { Dose, WrittenDvh } from './dose.ts';
export { readDose } from './read.ts';

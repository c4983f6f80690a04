export type { PlannedInstance, SeriesRole } from './instance.ts';
export {
  type PetctStudyOptions,
  petctInstances,
  type WritePetctStudyOptions,
  type WrittenSeries,
  type WrittenStudy,
  writePetctStudy,
} from './write-study.ts';

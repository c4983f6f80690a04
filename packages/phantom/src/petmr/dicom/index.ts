export { type WritePetmrStudyOptions, type WrittenPetmrStudy, writePetmrStudy } from './write-study.ts';

export {
  type SpectValues,
  type WriteSpectctStudyOptions,
  type WrittenSpectctStudy,
  writeSpectctStudy,
} from './write-study.ts';

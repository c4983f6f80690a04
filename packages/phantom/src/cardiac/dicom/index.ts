export { type WriteCardiacStudyOptions, type WrittenCardiacStudy, writeCardiacStudy } from './write-study.ts';

export { type NextReading, nextReading, pictureFor, rate, type Side } from './readings.ts';
export {
  closeReaderStudy,
  createReaderStudy,
  listReaderStudies,
  type ReaderStudyPlan,
  readingsOf,
  requireReaderStudy,
} from './studies.ts';

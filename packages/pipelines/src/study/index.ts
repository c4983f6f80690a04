export { attempt } from './attempt.ts';
export { isAttenuationCorrected, wordsOf } from './attenuation.ts';
export {
  type Collected,
  type CollectedStudy,
  collectStudies,
  describeProblems,
  headersOf,
  readInstances,
  studyInput,
} from './collect.ts';
export { type ForeignSuvFactor, foreignSuvFactors, type QuantifiedSeries } from './foreign-factors.ts';
export { type GivenRegistration, isRegistration, registrationBetween } from './foreign-registrations.ts';
export { newestTime } from './newest-time.ts';
export { onePatient } from './one-patient.ts';
export { type PatientFacts, patientFacts, patientHash, patientOfFile } from './patient.ts';
export { equipmentOf, isOwnResult, MANUFACTURER, NOTICE } from './product.ts';
export { seriesFacts } from './series-facts.ts';
export { SUV_UNIT, toSuvInPlace } from './suv-volume.ts';
export { agentCode, tracerOf, tracerWords } from './tracer.ts';

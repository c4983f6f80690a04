export { priorityBundle, reportBundle } from './bundle.ts';
export { createFhirSender } from './fhir-sender.ts';

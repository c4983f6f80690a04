export { type Choice, choosePetAndCt, type Pairing } from './choose-series.ts';
export type { PetFacts, SeriesFacts, VolumeFacts } from './series-facts.ts';

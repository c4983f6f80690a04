export { type Choice, choosePetAndCt, type Pairing } from './choose-series.ts';
export { isVolume, type PetFacts, type SeriesFacts, type VolumeFacts } from './series-facts.ts';

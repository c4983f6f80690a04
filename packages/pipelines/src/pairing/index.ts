export {
  type Choice,
  type Criterion,
  chooseAnatomical,
  choosePetAndCt,
  extent,
  type Pairing,
  prefer,
  sharesFrame,
  tieBreakers,
  unfitVolume,
  type VolumeSeries,
} from './choose-series.ts';
export { isVolume, type PetFacts, type SeriesFacts, type VolumeFacts } from './series-facts.ts';
export { toldChoice, toldRejected } from './tell.ts';

export { type Finished, finish } from './finish.ts';
export {
  algorithmOf,
  contextOf,
  deviceUid,
  type Identity,
  type OutputSeries,
  SERIES_NUMBER_BASE,
} from './identity.ts';
export { type PlaneSource, type Source, sourceOf } from './source.ts';

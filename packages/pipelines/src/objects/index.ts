export { picturesObject } from './captures.ts';
export { derivedFiles, type StoredImage } from './derived.ts';
export { listedResult, textResult } from './files.ts';
export { type Finished, finish } from './finish.ts';
export {
  algorithmOf,
  contextOf,
  type Identity,
  type OutputSeries,
  SERIES_NUMBER_BASE,
} from './identity.ts';
export { softwareObserver } from './observer.ts';
export { instancesOf, type PlaneSource, type Source, sourceOf } from './source.ts';

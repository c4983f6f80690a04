export {
  checkProjectionGeometry,
  checkProjections,
  type ProjectionGeometry,
  type Projections,
  type ProjectionView,
  rayThrough,
} from './geometry.ts';
export { type FilterResponse, filterResponse } from './response.ts';
export { type ResidentViews, type ResidentVolume, type RowFilter, Tomograph } from './tomograph.ts';

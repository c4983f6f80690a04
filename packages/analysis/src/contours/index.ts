export { isClosed, type PlanarContour, type SliceContour } from './contour.ts';
export { type ContourOptions, labelContours, levelContours, maskContours } from './mask-contours.ts';
export { carriedContours, contouredMl, type UptakeRegion, uptakeContours } from './on-grid.ts';
export { contoursToFractions, contoursToMask } from './rasterize.ts';

export { type AttenuationAlignment, attenuationAlignment } from './attenuation-alignment.ts';
export { type FindVentricleOptions, USUAL_AXIS } from './find-ventricle.ts';
export {
  cavityMl,
  type Dilation,
  dilationRatio,
  type FillingCurve,
  type VentricularFunction,
  ventricularFunction,
  WALL_MM,
} from './function.ts';
export { type MapOptions, type MappedVentricle, mapVentricle } from './map-ventricle.ts';
export {
  chooseNormals,
  decodeNormals,
  encodeNormals,
  type NormalKind,
  type NormalSet,
} from './normal-sets.ts';
export { buildNormalLimits, FEWEST_NORMALS, LIMIT_SD, type NormalLimits } from './normals.ts';
export {
  type Perfusion,
  type PerfusionOptions,
  perfusion,
  SCORE_LIMITS,
  type SegmentPerfusion,
  type TerritoryPerfusion,
} from './perfusion.ts';
export { type PhaseAnalysis, phaseAnalysis } from './phase.ts';
export { PIXELS, type PolarMap, RINGS, SECTORS } from './polar-map.ts';
export { SEGMENTS, type Segment, segmentAt, type Territory } from './segments.ts';
export { simulatedNormals } from './simulated-normals.ts';
export { type ShortAxes, shortAxes, type Ventricle } from './ventricle.ts';

export {
  type OutlineRule,
  type SeekRule,
  type TracerName,
  type TracerPreset,
  tracerPresets,
} from './presets.ts';
export { type RecognisedTracer, recogniseTracer, type TracerWords } from './recognise.ts';
export { SPECT_PRESETS, type SpectPreset, type SpectTracer, spectTracerOf } from './spect-presets.ts';

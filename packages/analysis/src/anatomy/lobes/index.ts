export { aboveFissure, type Fissure } from './find-fissure.ts';
export {
  drawLobes,
  type FissureName,
  LOBE_LABELS,
  type LobeName,
  type LobeReport,
  type LungLobes,
  lobeNames,
  segmentLobes,
} from './segment-lobes.ts';

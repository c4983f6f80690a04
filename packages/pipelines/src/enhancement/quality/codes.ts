import type { QualityCheckName } from '@photopeak/analysis';
import { type Code, photopeak, unitCode } from '@photopeak/dicom';
import type { EnhancedSeries } from '../summary.ts';

/** What each check is called in DICOM. */
export const CHECK_CODES: Readonly<Record<QualityCheckName, Code>> = {
  'new-structure': photopeak.newStructure,
  'lost-structure': photopeak.lostStructure,
  'new-line': photopeak.newLine,
  'lost-line': photopeak.lostLine,
  texture: photopeak.changeTexture,
  'beyond-noise': photopeak.beyondNoise,
  'edge-residual': photopeak.edgeResidual,
  sharpness: photopeak.relativeSharpness,
  bias: photopeak.meanBias,
  consistency: photopeak.dataConsistency,
  'null-space': photopeak.nullSpace,
  'null-space-share': photopeak.nullSpaceShare,
  'contrast-order': photopeak.contrastOrder,
  insertion: photopeak.lesionRecovery,
  jitter: photopeak.noiseJitter,
};

/** Unit of a check: standard deviations and ratios have none; of CT the bias is in HU, else in per cent. */
export function unitOfCheck(name: QualityCheckName, { measured }: Pick<EnhancedSeries, 'measured'>): Code {
  if (name === 'beyond-noise') return unitCode('%');
  if (name !== 'bias') return unitCode('1');
  const isHounsfield = measured.some(({ unit }) => unit === "[hnsf'U]");
  return unitCode(isHounsfield ? "[hnsf'U]" : '%');
}

import { globalNoise, tissueNoise } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';

/**
 * Noise of an image from itself, in its unit: of CT the global noise level in soft tissue, of MR that of magnitude
 * images in tissue. Undefined for other modalities, whose noise is correlated or multiplicative, and where it cannot be
 * told.
 */
export function noiseOf(volume: Volume, modality: string): number | undefined {
  if (modality === 'CT') return volume.unit === "[hnsf'U]" ? globalNoise(volume)?.noiseHu : undefined;
  if (modality === 'MR') return tissueNoise(volume);
  return undefined;
}

/** Mean of what lies above half of the mean of what is above 0: the tissue of a magnitude image. */
export function tissueSignal({ data }: Volume): number {
  const meanAbove = (least: number) => {
    let [sum, count] = [0, 0];
    for (let n = 0; n < data.length; n++) {
      if (!(data[n]! > least)) continue;
      sum += data[n]!;
      count++;
    }
    return count === 0 ? 0 : sum / count;
  };
  return meanAbove(meanAbove(0) / 2);
}

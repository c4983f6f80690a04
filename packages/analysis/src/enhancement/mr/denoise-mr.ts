import { nonlocalMeans, PhotopeakError, type Vec3, type Volume } from '@photopeak/imaging';
import { airWhiteness, backgroundNoise, tissueNoise } from '../../quality/index.ts';

export interface DenoiseMrOptions {
  /** σ of each receiver channel in the unit of the image; measured when absent. */
  readonly sigma?: number;
  /** Coils whose root of the sum of squares the image is; 1 (Rician) or measured when absent. */
  readonly coils?: number;
  /** h of the weights, in units of σ. */
  readonly strength?: number;
}

export interface DenoisedMr {
  readonly volume: Volume<Float32Array>;
  readonly sigma: number;
  /** Effective number of coils whose bias was taken off. */
  readonly coils: number;
  /** What told σ: who called, the air around the body, or (masked or troubled air) the details of tissue. */
  readonly toldBy: 'caller' | 'air' | 'tissue';
}

const DEFAULT_STRENGTH = 0.7;
/** Air this much louder than tissue holds more than noise: ghosts of motion, or dark tissue. */
const TROUBLED = 1.25;
/** Slices this much thicker than pixels do not lie in one patch. */
const THICK = 2.2;

/**
 * A magnitude MR denoised by non-local means in three dimensions for Rician noise (Coupé et al. 2008; Wiest-Daesslé et
 * al. 2008), or for that of several coils: squares are averaged and 2Lσ² taken off, so that dark tissue does not stay
 * too bright. Throws `ENHANCEMENT_NO_NOISE` where σ is not given and cannot be measured.
 */
export async function denoiseMr(mr: Volume, options: DenoiseMrOptions = {}): Promise<DenoisedMr> {
  const { sigma, coils, toldBy } = noiseOf(mr, options);
  const { search, patch } = reachOf(mr);
  const volume = await nonlocalMeans(mr, {
    noise: sigma,
    strength: options.strength ?? DEFAULT_STRENGTH,
    search,
    patch,
    rician: Math.sqrt(coils),
  });
  return { volume, sigma, coils, toldBy };
}

/**
 * The air tells σ and the coils, unless the finest details of tissue, set right by how white the noise of the air is,
 * say clearly less: then σ is that of tissue, and the power that is taken off stays that of the air.
 */
function noiseOf(mr: Volume, { sigma, coils }: DenoiseMrOptions): Omit<DenoisedMr, 'volume'> {
  if (sigma !== undefined && sigma > 0) return { sigma, coils: coils ?? 1, toldBy: 'caller' };
  const air = backgroundNoise(mr, coils);
  const tissue = tissueNoise(mr);
  if (air !== undefined) {
    const ofTissue = (tissue ?? 0) / Math.min(1, airWhiteness(mr, air) ?? 1);
    if (!(ofTissue > 0 && air.sigma > TROUBLED * ofTissue))
      return { sigma: air.sigma, coils: air.coils, toldBy: 'air' };
    const told = air.coils * (air.sigma / ofTissue) ** 2;
    return { sigma: ofTissue, coils: coils ?? told, toldBy: 'tissue' };
  }
  if (tissue !== undefined && tissue > 0) return { sigma: tissue, coils: coils ?? 1, toldBy: 'tissue' };
  throw new PhotopeakError('the noise of this MR cannot be measured, so that it is not denoised', {
    code: 'ENHANCEMENT_NO_NOISE',
    expected: 'air around the body or enough tissue above zero',
    found: 'neither',
    remedy: 'state the noise (sigma) of the series',
  });
}

function reachOf({ spacingMm, size }: Volume): { search: Vec3; patch: Vec3 } {
  const isThick = spacingMm[2] > THICK * Math.max(spacingMm[0], spacingMm[1]);
  const deep = (wanted: number) => Math.min(wanted, size[2] - 1);
  return isThick
    ? { search: [5, 5, deep(1)], patch: [2, 2, 0] }
    : { search: [3, 3, deep(3)], patch: [1, 1, deep(1)] };
}

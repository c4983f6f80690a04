import { gaussian, type Volume } from '@photopeak/imaging';

/** What is air, and what is bone: HU of the smoothed image. */
const AIR_HU = -400;
const BONE_HU = 300;
const SMOOTH_MM = 1.5;

/**
 * The image as it is without streaks: air and soft tissue flat, bone as the smoothed image shows it (Meyer et al., Med Phys
 * 37, 2010). Metal counts as soft tissue. HU; slice by slice.
 */
export async function tissuePrior(
  image: Volume<Float32Array>,
  metal: Uint8Array,
  softHu: number,
): Promise<Volume<Float32Array>> {
  const smooth = await gaussian(image, { sigmaMm: [SMOOTH_MM, SMOOTH_MM, 0] });
  const { data } = smooth;
  for (let n = 0; n < data.length; n++) {
    const value = data[n]!;
    if (metal[n] !== 0) data[n] = softHu;
    else if (value < AIR_HU) data[n] = -1000;
    else if (value < BONE_HU) data[n] = softHu;
  }
  return smooth;
}

import { fillHoles, gaussian, maskWhere, type Volume } from '@photopeak/imaging';

/** What is air, and what is bone: HU of the smoothed image. */
const AIR_HU = -400;
const BONE_HU = 300;
const SMOOTH_MM = 1.5;
/** The outline of a body is found in an image smoothed by this, which dark streaks do not cut through. */
const OUTLINE_MM = 3;
const RIM_MM = 7;

/**
 * The image as it is without streaks: air and soft tissue flat, bone as the smoothed image shows it (Meyer et al., Med Phys
 * 37, 2010). Metal counts as soft tissue. HU; slice by slice. Where `isAir` is given it tells what is air.
 */
export async function tissuePrior(
  image: Volume<Float32Array>,
  metal: Volume['data'],
  softHu: number,
  isAir?: Uint8Array,
): Promise<Volume<Float32Array>> {
  // Smoothed with the rest, metal would make bone of what is next to it.
  const filled = image.data.map((value, n) => (metal[n] !== 0 ? softHu : value));
  const smooth = await gaussian({ ...image, data: filled }, { sigmaMm: [SMOOTH_MM, SMOOTH_MM, 0] });
  const { data } = smooth;
  for (let n = 0; n < data.length; n++) {
    const value = data[n]!;
    if (metal[n] !== 0) data[n] = softHu;
    else if (isAir === undefined ? value < AIR_HU : isAir[n] !== 0) data[n] = -1000;
    else if (value < BONE_HU) data[n] = softHu;
  }
  return smooth;
}

/** 1 outside of the body: what is dark within its outline may be a streak. Slice by slice. */
export async function outsideBody(image: Volume<Float32Array>): Promise<Uint8Array> {
  const smooth = await gaussian(image, { sigmaMm: [OUTLINE_MM, OUTLINE_MM, 0] });
  const body = maskWhere(smooth, (value) => value >= AIR_HU);
  const filled = await fillHoles(body, { perSlice: 2 });
  return filled.data.map((value) => 1 - value);
}

/** 1 where the surroundings hold more tissue than air: the rim of the body and of gas is neither. */
export async function awayFromAir(air: Volume<Float32Array>): Promise<Uint8Array> {
  const { data } = await gaussian(air, { sigmaMm: [RIM_MM, RIM_MM, 0] });
  return Uint8Array.from(data, (share) => (share < 0.5 ? 1 : 0));
}

/** Whether smoothed tissue of this value is air. */
export const isAirHu = (value: number): boolean => value < AIR_HU;

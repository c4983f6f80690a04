import { components, type Mask, type Volume } from '@photopeak/imaging';

/** Neighbours of metal belong to it from this share of its threshold on. */
const HYSTERESIS = 0.8;
/** Metal of fewer voxels is noise or calcium. */
const LEAST_VOXELS = 4;

/** Voxels above the threshold (HU) with their neighbours above a part of it; specks are left out. */
export async function findMetal(image: Volume<Float32Array>, metalHu: number): Promise<Mask> {
  const sure = image.data.some((value) => value >= metalHu);
  const mask: Mask = { ...image, data: new Uint8Array(image.data.length), unit: '1' };
  if (!sure) return mask;
  for (let n = 0; n < mask.data.length; n++) mask.data[n] = image.data[n]! >= HYSTERESIS * metalHu ? 1 : 0;
  const { labels, sizes } = await components(mask, { connectivity: 26 });
  const holds = new Set<number>();
  for (let n = 0; n < mask.data.length; n++) if (image.data[n]! >= metalHu) holds.add(labels.data[n]!);
  for (let n = 0; n < mask.data.length; n++) {
    const label = labels.data[n]!;
    mask.data[n] = label > 0 && holds.has(label) && sizes[label - 1]! >= LEAST_VOXELS ? 1 : 0;
  }
  return mask;
}

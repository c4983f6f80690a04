import {
  components,
  distanceTransform,
  emptyVolume,
  labelMask,
  type Mask,
  maskWhere,
  maskWithin,
  type Volume,
} from '@photopeak/imaging';
import { boundsOf, cutOut, intoBox } from './boxes.ts';
import type { Hill } from './search.ts';

/** The body of an organ holds at least this share of the organ's middle uptake; its blurred rim less. */
const BODY_SHARE = 0.5;
/** The thick part of the body is what a ball of this share of its largest radius can reach: a lump on it is narrower. */
const THICK_SHARE = 0.6;
/** Uptake further than this from the body is no blur of it, mm. */
const BLUR_MM = 6;
/** Voxels of the organ on CT that say how much it takes up; with fewer the piece itself does. */
const FEWEST_VOXELS = 30;

const MARGIN_VOXELS = 2;

/**
 * Lumps on the uptake of a compact organ that neither its body nor its blur explains, whether or not they have a summit
 * of their own. The body is the thick part of the uptake and what CT shows as the organ; where uptake reaches further
 * than blur it is a lump, from the border half-way between the two. `isOrgan` says whether CT shows the organ at a voxel.
 */
export async function shouldersOf(
  volume: Volume,
  voxels: Uint32Array,
  isOrgan: (index: number) => boolean,
  smallest: number,
): Promise<Omit<Hill, 'features'>[]> {
  const { low, high } = boundsOf(volume, voxels);
  const cut = cutOut(volume, low, high, MARGIN_VOXELS);
  const { box } = cut;
  const inBox = intoBox(volume, cut);
  const piece = emptyVolume(box, 'uint8', '1');
  const organ = emptyVolume(box, 'uint8', '1');
  for (const index of voxels) {
    piece.data[inBox(index)] = 1;
    if (isOrgan(index)) organ.data[inBox(index)] = 1;
  }
  const body = await bodyOf(box, piece, organ);
  const away = (await distanceTransform(body)).data;
  const beyond = maskWithin(piece, (n) => away[n]! > BLUR_MM);
  const { labels, sizes } = await components(beyond, { connectivity: 6 });
  const found: Omit<Hill, 'features'>[] = [];
  for (let label = 1; label <= sizes.length; label++) {
    if (sizes[label - 1]! < smallest) continue;
    const near = (await distanceTransform(labelMask(labels, label))).data;
    const own: number[] = [];
    let peakIndex = -1;
    for (const index of voxels) {
      const n = inBox(index);
      const part = labels.data[n]!;
      if (part === label && (peakIndex < 0 || volume.data[index]! > volume.data[peakIndex]!))
        peakIndex = index;
      if (part === label || (part === 0 && body.data[n] === 0 && near[n]! <= away[n]!)) own.push(index);
    }
    found.push({ voxels: Uint32Array.from(own), peakIndex });
  }
  return found;
}

async function bodyOf(box: Volume<Float32Array>, piece: Mask, organ: Mask): Promise<Mask> {
  const onCt: number[] = [];
  const all: number[] = [];
  for (let n = 0; n < piece.data.length; n++) {
    if (piece.data[n] === 0) continue;
    all.push(box.data[n]!);
    if (organ.data[n] !== 0) onCt.push(box.data[n]!);
  }
  const level = onCt.length >= FEWEST_VOXELS ? quantile(onCt, 0.5) : quantile(all, 0.75);
  const hot = maskWhere(box, (value, n) => piece.data[n] !== 0 && value >= BODY_SHARE * level);
  const depth = (await distanceTransform(maskWhere(hot, (inside) => inside === 0))).data;
  const radiusMm = THICK_SHARE * depth.reduce((most, mm) => Math.max(most, mm), 0);
  const middle = maskWithin(hot, (n) => depth[n]! > radiusMm);
  const toMiddle = (await distanceTransform(middle)).data;
  return maskWithin(hot, (n) => toMiddle[n]! <= radiusMm || organ.data[n] !== 0);
}

const quantile = (values: number[], share: number): number =>
  values.sort((a, b) => a - b)[Math.floor(share * values.length)]!;

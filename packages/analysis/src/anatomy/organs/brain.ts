import {
  boundingBox,
  closing,
  components,
  crop,
  dilate,
  fillHoles,
  growBox,
  labelMask,
  maskWhere,
  maskWithin,
  opening,
} from '@photopeak/imaging';
import { ANATOMY_LABELS } from '../labels.ts';
import { absence, type OrganOutcome } from './find.ts';
import { whole } from './parts.ts';
import type { Trunk } from './trunk.ts';

const LOWEST_HU = -15;
const HIGHEST_HU = 110;
/** Sutures, foramina and thin bone that partial volume hides. */
const SKULL_GAP_MM = 7;
/** What the canal of the spine and the sinuses are thinner than. */
const BRIDGE_MM = 10;
const SMALLEST_ML = 250;
const HEAD_MARGIN_MM = 20;

/**
 * The brain with its fluid: the soft tissue inside the closed ring that the skull is in axial slices, or in sagittal
 * and coronal ones where thin bone leaves a gap.
 */
export async function segmentBrain(trunk: Trunk): Promise<OrganOutcome> {
  const { labels, smooth, marks } = trunk;
  const perSlice = labels.size[0] * labels.size[1];
  const lowest = marks.lungs === undefined ? Number.NEGATIVE_INFINITY : marks.lungs.apexZ;
  const skull = maskWhere(
    labels,
    (label, n) => label === ANATOMY_LABELS.bone && trunk.z(Math.floor(n / perSlice)) > lowest,
  );
  const around = boundingBox(skull);
  if (around === undefined) return absence('the head is not in the scan');
  const margin = Math.ceil(HEAD_MARGIN_MM / labels.spacingMm[0]);
  const box = growBox(around, [margin, margin, 0], labels);
  const bone = crop(skull, box);
  const soft = crop(
    maskWhere(
      labels,
      (label, n) => label === ANATOMY_LABELS.body && smooth[n]! > LOWEST_HU && smooth[n]! < HIGHEST_HU,
    ),
    box,
  );
  const closed = await closing(bone, { radiusMm: SKULL_GAP_MM });
  const [sagittal, coronal, axial] = [
    await fillHoles(closed, { perSlice: 0 }),
    await fillHoles(closed, { perSlice: 1 }),
    await fillHoles(closed, { perSlice: 2 }),
  ];
  const inside = maskWithin(
    soft,
    (n) => axial.data[n] !== 0 || (sagittal.data[n] !== 0 && coronal.data[n] !== 0),
  );
  const parts = await components(await opening(inside, { radiusMm: BRIDGE_MM }), { connectivity: 6 });
  let best = 0;
  parts.sizes.forEach((size, index) => {
    if (size > (parts.sizes[best - 1] ?? 0)) best = index + 1;
  });
  if (best === 0 || parts.sizes[best - 1]! * trunk.voxelMl < SMALLEST_ML)
    return absence('no closed skull is in the scan');
  const core = labelMask(parts.labels, best);
  const near = await dilate(core, { radiusMm: BRIDGE_MM / 2 });
  const back = maskWithin(near, (n) => inside.data[n] !== 0 || core.data[n] !== 0);
  const mask = await fillHoles(back, { perSlice: 2 });
  return { mask: whole(mask, box, labels), hu: 35, brighterHu: 115, fit: 1 };
}

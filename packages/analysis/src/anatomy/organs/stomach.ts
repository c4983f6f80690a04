import { closing, crop, maskWithin } from '@photopeak/imaging';
import { absence, type OrganOutcome } from './find.ts';
import { around, grownBack, softEllipsoid, thickParts, whole } from './parts.ts';
import { sliceAt, type Trunk, tissueWhere } from './trunk.ts';

const CORE_MM = 10;
const SMALLEST_ML = 40;
const CENTRE = { left: 58, front: 42, below: 72 } as const;
const RADII = [46, 44, 56] as const;
const LOWEST_PRIOR = 0.25;
/** Behind the front of the vertebrae and near the spine lie aorta, adrenals and kidneys. */
const BEFORE_SPINE_MM = 6;
const BESIDE_SPINE_MM = 28;
const GAS_HU = -250;
const TISSUE_HU = -15;

/** The stomach: the thickest part of wall, contents and gas in the left upper belly that no other organ has taken. */
export async function segmentStomach(trunk: Trunk, taken: Uint8Array): Promise<OrganOutcome> {
  const { diaphragm, labels, ct } = trunk;
  const dome = diaphragm?.domeLeft;
  if (diaphragm === undefined || dome === undefined)
    return absence('the base of the left lung is not in the scan');
  const level = sliceAt(trunk, dome - CENTRE.below);
  const prior = softEllipsoid(
    [trunk.spineX[level]! + CENTRE.left, trunk.spineFront[level]! - CENTRE.front, dome - CENTRE.below],
    RADII,
  );
  const [nx] = labels.size;
  const candidate = tissueWhere(trunk, (hu, i, j, k, n) => {
    if (taken[n] !== 0 || (hu > GAS_HU && hu < TISSUE_HU && ct.data[n]! < TISSUE_HU)) return false;
    if (trunk.z(k) > diaphragm.z[i + nx * j]!) return false;
    const [x, y] = [trunk.x(i), trunk.y(j)];
    const isRetroperitoneal =
      x < trunk.spineX[k]! + BESIDE_SPINE_MM && y > trunk.spineFront[k]! - BEFORE_SPINE_MM - 30;
    return !isRetroperitoneal && prior(x, y, trunk.z(k)) > LOWEST_PRIOR;
  });
  const box = around(candidate, 6);
  if (box === undefined) return absence('nothing but fat and other organs lies in its place');
  // Between contents and gas lies a layer of voxels that are neither.
  const joined = whole(await closing(crop(candidate, box), { radiusMm: 4 }), box, labels);
  const free = maskWithin(joined, (n) => taken[n] === 0);
  const found = await thickParts(free, CORE_MM, prior);
  const best = found.parts.sort((a, b) => b.support - a.support)[0];
  if (best === undefined || best.ml < SMALLEST_ML)
    return absence('nothing thick enough lies in its place: empty, removed, or elsewhere');
  const grown = await grownBack(found.pick(best.label), free, 6, 0);
  const mask = maskWithin(grown, (n) => taken[n] === 0);
  return { mask, hu: 20, fit: best.support / best.ml };
}

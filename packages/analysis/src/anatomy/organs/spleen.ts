import { crop, distanceTransform, invertMask, type Mask, maskWhere, maskWithin } from '@photopeak/imaging';
import { absence, type OrganOutcome } from './find.ts';
import { huBelowLung } from './liver.ts';
import { around, grownBack, modeOf, softEllipsoid, thickParts } from './parts.ts';
import { sliceAt, type Trunk, tissueWhere } from './trunk.ts';

/** Without contrast a spleen has 40 to 55 HU, with it up to 200; bowel and stomach contents mostly less. */
const LOWEST_HU = 30;
const HIGHEST_HU = 220;
const WINDOW_HU = 15;
const EDGE_WINDOW_HU = 28;
const CORE_MM = 6;
const CLOSE_MM = 5;
const SMALLEST_ML = 25;
/**
 * A spleen lies against the diaphragm: so much of its surface is this near to the wall or the lung. Coarse voxels lose
 * more of the rim to partial volume. Spleens of the tuning phantoms had 0.23 and more, what lay in an empty bed 0.02.
 */
const WALL_MM = 9;
const WALL_VOXELS = 3;
const SMALLEST_WALL_SHARE = 0.15;
/** Where the middle of a spleen lies from the spine and below the left dome, and how far that varies. */
const CENTRE = { left: 92, front: 5, below: 62 } as const;
const RADII = [38, 42, 62] as const;

/** The spleen: the largest even part at the back of the left side below the diaphragm. */
export async function segmentSpleen(trunk: Trunk, taken: Uint8Array): Promise<OrganOutcome> {
  const { diaphragm, smooth, labels } = trunk;
  const dome = diaphragm?.domeLeft;
  if (diaphragm === undefined || dome === undefined)
    return absence('the base of the left lung is not in the scan');
  const level = sliceAt(trunk, dome - CENTRE.below);
  const centre = [
    trunk.spineX[level]! + CENTRE.left,
    trunk.spineFront[level]! - CENTRE.front,
    dome - CENTRE.below,
  ] as const;
  const prior = softEllipsoid(centre, RADII);
  const [nx] = labels.size;
  const near = (i: number, j: number, k: number) =>
    trunk.z(k) < diaphragm.z[i + nx * j]! && prior(trunk.x(i), trunk.y(j), trunk.z(k)) > 0.12;
  const values = huBelowLung(trunk, (x, y, k) => x > trunk.spineX[k]! + 60 && y > trunk.spineFront[k]! - 25, {
    from: 8,
    to: 45,
  });
  const hu = modeOf(values, LOWEST_HU, HIGHEST_HU);
  if (hu === undefined) return absence('no even tissue lies below the back of the left lung');
  const candidate = tissueWhere(
    trunk,
    (value, i, j, k, n) => taken[n] === 0 && Math.abs(value - hu) < WINDOW_HU && near(i, j, k),
  );
  const found = await thickParts(candidate, CORE_MM, prior);
  const best = found.parts.sort((a, b) => b.support - a.support)[0];
  if (best === undefined || best.ml < SMALLEST_ML)
    return absence('no part of the size of a spleen lies at the back of the left side');
  const allowed = tissueWhere(
    trunk,
    (value, i, j, k, n) => taken[n] === 0 && Math.abs(value - hu) < EDGE_WINDOW_HU && near(i, j, k),
  );
  const grown = await grownBack(found.pick(best.label), allowed, CORE_MM, CLOSE_MM);
  const mask = maskWithin(grown, (n) => taken[n] === 0 && labels.data[n] === 1 && smooth[n]! > -10);
  const wall = await shareAtWall(trunk, mask);
  if (wall < SMALLEST_WALL_SHARE)
    return absence('what lies in its place does not border on the diaphragm as a spleen does');
  return { mask, hu, fit: best.support / best.ml };
}

/** Share of the surface of a mask near the wall of the cavity or the lung. */
async function shareAtWall(trunk: Trunk, mask: Mask): Promise<number> {
  const { labels, cavity } = trunk;
  const mm = labels.spacingMm[0];
  const wallMm = Math.max(WALL_MM, WALL_VOXELS * mm);
  const box = around(mask, wallMm + 3);
  if (box === undefined) return 0;
  const part = crop(mask, box);
  const tissue = crop(labels, box);
  const inside = crop(cavity, box);
  const beyond = maskWhere(inside, (value, n) => value === 0 || tissue.data[n] === 2 || tissue.data[n] === 3);
  const [toWall, depth] = [await distanceTransform(beyond), await distanceTransform(invertMask(part))];
  let surface = 0;
  let near = 0;
  for (let n = 0; n < part.data.length; n++) {
    if (part.data[n] === 0 || depth.data[n]! > 1.1 * mm) continue;
    surface++;
    if (toWall.data[n]! <= wallMm) near++;
  }
  return near / Math.max(1, surface);
}

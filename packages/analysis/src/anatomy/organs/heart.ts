import { maskWithin } from '@photopeak/imaging';
import { absence, type OrganOutcome } from './find.ts';
import { grownBack, modeOf, softEllipsoid, thickParts } from './parts.ts';
import { sliceAt, type Trunk, tissueWhere } from './trunk.ts';

const LOWEST_HU = 5;
const HIGHEST_HU = 420;
const CORE_MM = 12;
const CLOSE_MM = 6;
const SMALLEST_ML = 120;
/** Height of the heart above the diaphragm as a share of the lungs', dome to apex. */
const TOP_SHARE = 0.4;
/** The same in mm where the scan ends within the lungs. */
const TOP_MM = 95;
const CENTRE = { left: 14, front: 85, above: 28 } as const;
const RADII = [62, 52, 55] as const;

/** The heart: the thickest part between the lungs, above the diaphragm and in front of the spine. */
export async function segmentHeart(trunk: Trunk, taken: Uint8Array): Promise<OrganOutcome> {
  const { diaphragm, smooth, labels, marks } = trunk;
  const dome = diaphragm?.domeRight ?? diaphragm?.domeLeft;
  if (diaphragm === undefined || dome === undefined || marks.lungs === undefined)
    return absence('the lungs around it are not in the scan');
  const isCut = marks.lungs.apexZ > trunk.z(labels.size[2] - 1) - 6;
  const top = dome + (isCut ? TOP_MM : TOP_SHARE * (marks.lungs.apexZ - dome));
  const level = sliceAt(trunk, dome + CENTRE.above);
  const depth = trunk.spineFront[level]! - (marks.frontY[level] ?? 0);
  const prior = softEllipsoid(
    [
      trunk.spineX[level]! + CENTRE.left,
      trunk.spineFront[level]! - Math.min(CENTRE.front, 0.55 * depth),
      dome + CENTRE.above,
    ],
    RADII,
  );
  const [nx] = labels.size;
  const near = (i: number, j: number, k: number) =>
    trunk.z(k) > diaphragm.z[i + nx * j]! - 3 &&
    trunk.z(k) < top &&
    trunk.y(j) < trunk.spineFront[k]! - 12 &&
    prior(trunk.x(i), trunk.y(j), trunk.z(k)) > 0.05;
  const values: number[] = [];
  tissueWhere(trunk, (value, i, j, k, n) => {
    if (taken[n] === 0 && near(i, j, k) && prior(trunk.x(i), trunk.y(j), trunk.z(k)) > 0.6)
      values.push(value);
    return false;
  });
  const hu = modeOf(values, LOWEST_HU, HIGHEST_HU, 3);
  if (hu === undefined) return absence('no soft tissue lies between the lungs above the diaphragm');
  const candidate = tissueWhere(
    trunk,
    (value, i, j, k, n) => taken[n] === 0 && value > LOWEST_HU && value < HIGHEST_HU && near(i, j, k),
  );
  const found = await thickParts(candidate, CORE_MM, prior);
  const best = found.parts.sort((a, b) => b.support - a.support)[0];
  if (best === undefined || best.ml < SMALLEST_ML)
    return absence('only a part too small for a heart is in the scan');
  const grown = await grownBack(found.pick(best.label), candidate, 6, CLOSE_MM);
  const mask = maskWithin(grown, (n) => taken[n] === 0 && labels.data[n] === 1 && smooth[n]! > -30);
  return { mask, hu, fit: best.support / best.ml };
}

import { maskWithin } from '@photopeak/imaging';
import { absence, type OrganOutcome } from './find.ts';
import type { HipLevel } from './hips.ts';
import { grownBack, modeOf, softEllipsoid, thickParts } from './parts.ts';
import { type Trunk, tissueWhere } from './trunk.ts';

/** Urine without contrast medium. */
const LOWEST_HU = -12;
const HIGHEST_HU = 26;
const CORE_MM = 8;
const SMALLEST_ML = 15;
const WALL_HU = 38;
const RADII = [50, 48, 45] as const;

/** The bladder: a thick part of the density of water in the middle of the pelvis. */
export async function segmentBladder(
  trunk: Trunk,
  hips: HipLevel | undefined,
  taken: Uint8Array,
): Promise<OrganOutcome> {
  if (hips === undefined) return absence('the hips are not in the scan');
  const { labels, smooth, midX } = trunk;
  // Without the cavity: between the pubic bones its wall cannot be told from the bladder's bed.
  const pelvicWhere = (test: Parameters<typeof tissueWhere>[1]) => tissueWhere(trunk, test, labels);
  const k0 = Math.round((hips.z - trunk.z(0)) / labels.spacingMm[2]);
  const prior = softEllipsoid([midX[Math.max(0, k0)]!, hips.y - 25, hips.z + 15], RADII);
  const values: number[] = [];
  pelvicWhere((value, i, j, k, n) => {
    if (taken[n] === 0 && prior(trunk.x(i), trunk.y(j), trunk.z(k)) > 0.5) values.push(value);
    return false;
  });
  const hu = modeOf(values, LOWEST_HU, HIGHEST_HU);
  if (hu === undefined) return absence('nothing of the density of urine lies in the middle of the pelvis');
  const near = (i: number, j: number, k: number) => prior(trunk.x(i), trunk.y(j), trunk.z(k)) > 0.08;
  const candidate = pelvicWhere(
    (value, i, j, k, n) => taken[n] === 0 && value > hu - 14 && value < hu + 14 && near(i, j, k),
  );
  const found = await thickParts(candidate, CORE_MM, prior);
  const best = found.parts.sort((a, b) => b.support - a.support)[0];
  if (best === undefined || best.ml < SMALLEST_ML)
    return absence(
      'nothing of the density of urine and the size of a bladder lies in the pelvis: empty or removed',
    );
  const allowed = pelvicWhere(
    (value, i, j, k, n) =>
      taken[n] === 0 && value > -25 && value < Math.min(WALL_HU, hu + 22) && near(i, j, k),
  );
  const grown = await grownBack(found.pick(best.label), allowed, 6, 3);
  const mask = maskWithin(grown, (n) => taken[n] === 0 && labels.data[n] === 1 && smooth[n]! > -40);
  return { mask, hu, fit: best.support / best.ml };
}

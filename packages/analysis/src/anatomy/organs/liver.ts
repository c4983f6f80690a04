import { maskWhere } from '@photopeak/imaging';
import { absence, type OrganOutcome } from './find.ts';
import { grownBack, modeOf, softEllipsoid, thickParts } from './parts.ts';
import { sliceAt, type Trunk, tissueWhere } from './trunk.ts';

/** Fatty liver to portal venous contrast. */
const LOWEST_HU = -10;
const HIGHEST_HU = 200;
/** The right dome is filled by the liver: what lies so far below the lung is it. */
const BELOW_LUNG_MM = { from: 9, to: 55 } as const;
const LATERAL_MM = 35;
/** Half the width of the liver's HU after smoothing. */
const WINDOW_HU = 16;
const EDGE_WINDOW_HU = 30;
const CORE_MM = 8;
const SMALLEST_ML = 150;
const CLOSE_MM = 7;
/** The liver reaches across the midline by at most so far, and so far down from the dome. */
const LEFT_REACH_MM = 110;
const DOWN_REACH_MM = 260;

/** Smoothed HU right below the lung on the given side; soft tissue only. */
export function huBelowLung(
  trunk: Trunk,
  test: (x: number, y: number, k: number) => boolean,
  depth: { readonly from: number; readonly to: number } = BELOW_LUNG_MM,
): number[] {
  const { diaphragm, labels, cavity, smooth } = trunk;
  if (diaphragm === undefined) return [];
  const [nx, ny, nz] = labels.size;
  const values: number[] = [];
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++) {
      const floor = diaphragm.z[i + nx * j]!;
      for (let k = 0; k < nz; k++) {
        const below = floor - trunk.z(k);
        if (below < depth.from || below > depth.to) continue;
        const n = i + nx * (j + ny * k);
        if (cavity.data[n] === 0 || labels.data[n] !== 1) continue;
        if (test(trunk.x(i), trunk.y(j), k)) values.push(smooth[n]!);
      }
    }
  return values;
}

/**
 * The liver: its HU is read below the right lung, where nothing else lies; then the largest thick region of that HU
 * below the diaphragm. Absent without a right lung base.
 */
export async function segmentLiver(trunk: Trunk): Promise<OrganOutcome> {
  const { diaphragm, smooth } = trunk;
  const dome = diaphragm?.domeRight;
  if (diaphragm === undefined || dome === undefined)
    return absence('the base of the right lung is not in the scan');
  const values = huBelowLung(trunk, (x, _y, k) => x < trunk.midX[k]! - LATERAL_MM);
  const hu = modeOf(values, LOWEST_HU, HIGHEST_HU);
  if (hu === undefined) return absence('no even tissue lies below the right lung');
  const [nx] = trunk.labels.size;
  const below = (i: number, j: number, k: number, mm: number) => trunk.z(k) < diaphragm.z[i + nx * j]! + mm;
  const candidate = tissueWhere(trunk, (value, i, j, k) => {
    if (Math.abs(value - hu) > WINDOW_HU || !below(i, j, k, 0)) return false;
    return trunk.x(i) < trunk.midX[k]! + LEFT_REACH_MM && trunk.z(k) > dome - DOWN_REACH_MM;
  });
  const level = sliceAt(trunk, dome - 60);
  const prior = softEllipsoid(
    [trunk.midX[level]! - 65, trunk.spineFront[level]! - 40, dome - 60],
    [90, 110, 110],
  );
  const found = await thickParts(candidate, CORE_MM, prior);
  const best = found.parts.sort((a, b) => b.support - a.support)[0];
  if (best === undefined || best.ml < SMALLEST_ML)
    return absence('no part of the size of a liver lies below the right lung');
  const allowed = tissueWhere(
    trunk,
    (value, i, j, k) => Math.abs(value - hu) < EDGE_WINDOW_HU && below(i, j, k, 3),
  );
  const grown = await grownBack(found.pick(best.label), allowed, CORE_MM, CLOSE_MM);
  const mask = maskWhere(grown, (inside, n) => {
    if (inside === 0 || trunk.labels.data[n] !== 1 || trunk.cavity.data[n] === 0) return false;
    return smooth[n]! > -20;
  });
  return { mask, hu, fit: best.support / best.ml };
}

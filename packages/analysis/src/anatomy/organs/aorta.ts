import { emptyVolume, type Mask } from '@photopeak/imaging';
import { ANATOMY_LABELS } from '../labels.ts';
import { absence, type OrganFind, type OrganOutcome } from './find.ts';
import type { WindpipeFork } from './fork.ts';
import { type Disc, trackTube } from './track-tube.ts';
import { sliceAt, type Trunk } from './trunk.ts';

const LOWEST_HU = 10;
const HIGHEST_HU = 480;
const RADII_MM = [7, 9, 11, 13, 15, 18, 21, 24] as const;
/** Of the front of the vertebra: in the chest to the left, in the belly nearly before it. */
const CHEST = { left: 22, front: 8 } as const;
const BELLY = { left: 6, front: 13 } as const;
const REACH_MM = 34;
/** The aorta forks at L4: so far below the right dome in most people. */
const FORK_BELOW_DOME_MM = 215;
const SMALLEST_MEAN_SCORE = 0.45;
const SHORTEST_MM = 60;
/** The ascending aorta lies before the windpipe's fork and to its right. */
const ASCENDING = { left: -8, beforeWindpipe: 46, below: 45 } as const;
const ASCENDING_RADII_MM = [11, 13, 15, 18, 21, 24] as const;

/** The edge lies at half the height above fat, at most so far beyond the disc; bone beside it is brighter. */
const BEYOND_MM = 2.5;
const BRIGHTER_HU = 45;

/** Paints discs, between slices without a gap, and only where the HU is that of the vessel. */
function paint(trunk: Trunk, mask: Mask, discs: readonly Disc[]): void {
  const [nx, ny] = mask.size;
  const mm = mask.spacingMm[0];
  for (const disc of discs) {
    const reach = disc.radiusMm + BEYOND_MM;
    const half = (disc.hu - 100) / 2;
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const d = Math.hypot(trunk.x(i) - disc.x, trunk.y(j) - disc.y);
        if (d > reach) continue;
        const n = i + nx * (j + ny * disc.k);
        const hu = trunk.smooth[n]!;
        if (d > disc.radiusMm - mm / 2 && (hu < half || hu > disc.hu + BRIGHTER_HU)) continue;
        mask.data[n] = 1;
      }
  }
}

const meanScore = (discs: readonly Disc[]) =>
  discs.reduce((sum, { score }) => sum + score, 0) / Math.max(1, discs.length);

/** The aorta from the valve to its fork as far as the scan shows it: discs followed from slice to slice, and the arch between them. */
export async function segmentAorta(
  trunk: Trunk,
  fork: WindpipeFork | undefined,
): Promise<OrganOutcome<OrganFind & { readonly hasArch: boolean }>> {
  const { labels, spineX, spineFront, diaphragm, marks } = trunk;
  const dome = diaphragm?.domeRight ?? diaphragm?.domeLeft;
  if (dome === undefined || marks.lungs === undefined)
    return absence('the lungs beside it are not in the scan');
  const top = fork === undefined ? sliceAt(trunk, dome + 0.5 * (marks.lungs.apexZ - dome)) : fork.k;
  const bottom = sliceAt(trunk, dome - FORK_BELOW_DOME_MM);
  const belly = (k: number) => Math.min(1, Math.max(0, (dome - trunk.z(k) + 20) / 90));
  const descending = trackTube(trunk, {
    from: top,
    to: bottom,
    reachMm: REACH_MM,
    radiiMm: RADII_MM,
    lowestHu: LOWEST_HU,
    highestHu: HIGHEST_HU,
    expected: (k) => {
      const t = belly(k);
      return [
        spineX[k]! + CHEST.left + t * (BELLY.left - CHEST.left),
        spineFront[k]! - CHEST.front - t * (BELLY.front - CHEST.front),
      ];
    },
  });
  const mm = labels.spacingMm[2];
  if (descending.length * mm < SHORTEST_MM || meanScore(descending) < SMALLEST_MEAN_SCORE)
    return absence('no even round vessel could be followed beside the spine');
  const mask = emptyVolume(labels, 'uint8', '1');
  paint(trunk, mask, descending);
  const hu = descending.reduce((sum, disc) => sum + disc.hu, 0) / descending.length;
  const ascending =
    fork === undefined
      ? []
      : trackTube(trunk, {
          from: Math.max(0, fork.k - Math.round(ASCENDING.below / mm)),
          to: Math.min(labels.size[2] - 1, fork.k + Math.round(22 / mm)),
          reachMm: REACH_MM,
          radiiMm: ASCENDING_RADII_MM,
          lowestHu: Math.max(LOWEST_HU, hu - 60),
          highestHu: Math.min(HIGHEST_HU, hu + 60),
          expected: () => [fork.x + ASCENDING.left, fork.y - ASCENDING.beforeWindpipe],
        });
  const hasAscending = ascending.length * mm > 30 && meanScore(ascending) > 0.35;
  if (hasAscending) paint(trunk, mask, ascending);
  const hasArch =
    hasAscending && fork !== undefined && paintArch(trunk, mask, ascending.at(-1)!, descending[0]!, hu);
  return { mask, hu, fit: meanScore(descending), hasArch };
}

/** Slices above both ends: what has the HU of blood between the two. True where some of it joins them. */
function paintArch(trunk: Trunk, mask: Mask, front: Disc, back: Disc, hu: number): boolean {
  const [nx, ny, nz] = mask.size;
  const mm = mask.spacingMm[2];
  const radius = Math.max(11, Math.min(front.radiusMm, back.radiusMm));
  const [dx, dy] = [back.x - front.x, back.y - front.y];
  const length2 = dx * dx + dy * dy;
  let joined = false;
  const first = Math.min(front.k, back.k);
  for (let k = first; k < Math.min(nz, Math.max(front.k, back.k) + Math.round(34 / mm)); k++) {
    const along = new Uint8Array(12);
    const pixels: number[] = [];
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const [px, py] = [trunk.x(i) - front.x, trunk.y(j) - front.y];
        const t = (px * dx + py * dy) / length2;
        if (t < -0.3 || t > 1.3) continue;
        const c = Math.min(1, Math.max(0, t));
        // The arch passes to the left of the windpipe.
        if (Math.hypot(px - c * dx, py - c * dy) > radius + 6) continue;
        const n = i + nx * (j + ny * k);
        if (trunk.labels.data[n] === ANATOMY_LABELS.airways) continue;
        if (Math.abs(trunk.smooth[n]! - hu) > 40) continue;
        pixels.push(n);
        if (t >= 0 && t < 1) along[Math.floor(t * 12)] = 1;
      }
    const share = along.reduce((sum, value) => sum + value, 0) / along.length;
    if (share < 0.85) continue;
    joined = true;
    for (const n of pixels) mask.data[n] = 1;
  }
  return joined;
}

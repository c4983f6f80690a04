import type { FusedAnatomy } from '../anatomy/index.ts';
import { halfSampleMode, quartileSpread } from './half-sample-mode.ts';

export interface ContourOffset {
  /** Shift of the skin on PET against CT, to the left and to the back, in mm. */
  readonly leftMm: number;
  readonly backMm: number;
  readonly spreadMm: number;
  readonly rays: number;
}

const FEWEST_RAYS = 60;
const REACH_MM = 28;
/** Halfway between air and skin. */
const SKIN_HU = -500;
/** Depth below the skin on CT at which the tissue's own uptake is read. */
const TISSUE_MM = [14, 26] as const;
/** Tissue must stand out from the air outside by this factor. */
const SMALLEST_CONTRAST = 4;

/** Where a line of voxels passes a value between two neighbours, as a fraction of the step from a to b. */
const crossing = (a: number, b: number, level: number) => (level - a) / (b - a);

/**
 * Along a line of voxels that enters the body at voxel `entry` (direction +1 or −1 points inwards): how far further
 * in, in voxels, PET rises to half of the tissue's uptake than CT rises to half of the tissue's density.
 */
function skinShift(
  fused: FusedAnatomy,
  at: (n: number) => number,
  entry: number,
  inwards: 1 | -1,
): number | undefined {
  const { suv, hu } = fused;
  const mm = suv.spacingMm[0];
  let edge: number | undefined;
  for (let d = -2; d <= 1 && edge === undefined; d++) {
    const here = hu.data[at(entry + inwards * d)]!;
    const next = hu.data[at(entry + inwards * (d + 1))]!;
    if (here < SKIN_HU && next >= SKIN_HU) edge = d + crossing(here, next, SKIN_HU);
  }
  if (edge === undefined) return undefined;
  let tissue = 0;
  let count = 0;
  for (let d = TISSUE_MM[0]; d <= TISSUE_MM[1]; d += mm) {
    tissue += suv.data[at(entry + inwards * Math.round(d / mm))]!;
    count++;
  }
  tissue /= count;
  const reach = Math.round(REACH_MM / mm);
  const outside = suv.data[at(entry - inwards * reach)]!;
  if (!(tissue > SMALLEST_CONTRAST * Math.max(outside, 0.01))) return undefined;
  const level = (tissue + outside) / 2;
  for (let d = -reach; d <= reach; d++) {
    const here = suv.data[at(entry + inwards * d)]!;
    const next = suv.data[at(entry + inwards * (d + 1))]!;
    if (here < level && next >= level) return d + crossing(here, next, level) - edge;
  }
  return undefined;
}

/**
 * How far the skin on PET is shifted against the skin on CT. Opposite sides are averaged with opposite signs, so that
 * blur, which moves both outwards, cancels. Undefined where too little skin is seen on both.
 */
export function contourOffset(fused: FusedAnatomy): ContourOffset | undefined {
  const { labels } = fused;
  const [nx, ny, nz] = labels.size;
  const mm = labels.spacingMm[0];
  const toLeft: number[] = [];
  const toBack: number[] = [];
  for (let k = 1; k < nz - 1; k += 2) {
    const base = nx * ny * k;
    for (const [size, other, stride, across, target] of [
      [nx, ny, 1, nx, toLeft],
      [ny, nx, nx, 1, toBack],
    ] as const) {
      for (let line = 2; line < other - 2; line += 3) {
        const at = (n: number) => base + Math.min(Math.max(n, 0), size - 1) * stride + line * across;
        let first = -1;
        let last = -1;
        let inside = 0;
        for (let n = 0; n < size; n++) {
          if (labels.data[at(n)] === 0) continue;
          if (first < 0) first = n;
          last = n;
          inside++;
        }
        // One thick piece of body, away from the border of the grid: no arms beside it, no grazing lines.
        if (first < 2 || last > size - 3 || inside < last - first || inside * mm < 80) continue;
        const enter = skinShift(fused, at, first, 1);
        const leave = skinShift(fused, at, last, -1);
        if (enter === undefined || leave === undefined) continue;
        target.push(((enter - leave) / 2) * mm);
      }
    }
  }
  if (toLeft.length < FEWEST_RAYS || toBack.length < FEWEST_RAYS) return undefined;
  return {
    leftMm: halfSampleMode(toLeft),
    backMm: halfSampleMode(toBack),
    spreadMm: Math.max(quartileSpread(toLeft), quartileSpread(toBack)),
    rays: toLeft.length + toBack.length,
  };
}

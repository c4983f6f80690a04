import { emptyVolume, type Mask, type Volume } from '@photopeak/imaging';
import { type SliceRegion, sliceRegions } from './slices.ts';

/** Air in a windpipe, and lung at its most inflated, on voxels of 3 to 4 mm. */
const LUMEN_HU = -850;
const AIR_HU = -600;
/** Cross-section of a windpipe in mm², with the blur of the working grid. */
const SMALLEST_MM2 = 40;
const LARGEST_MM2 = 700;
const OFF_MIDLINE_MM = 40;
/** A windpipe is a pipe: this much of it must be seen in a row. */
const SHORTEST_MM = 24;
/** Below the fork the bronchi together are wider; anything wider still is lung that was leaked into. */
const LARGEST_BELOW_FORK_MM2 = 1100;
const LEAK_GROWTH = 1.8;
const STEP_MM = 9;

interface Chain {
  readonly regions: { readonly k: number; readonly region: SliceRegion }[];
}

function midlines(body: Mask): Float64Array {
  const [nx, ny, nz] = body.size;
  const mid = new Float64Array(nz).fill(Number.NaN);
  for (let k = 0; k < nz; k++) {
    let count = 0;
    let sum = 0;
    for (let pixel = 0; pixel < nx * ny; pixel++) {
      if (body.data[nx * ny * k + pixel] === 0) continue;
      count++;
      sum += pixel % nx;
    }
    if (count > 0) mid[k] = sum / count;
  }
  return mid;
}

/**
 * The longest chain of pipe-like regions near the midline, from the head downwards. What reaches down between the lungs
 * is preferred: the throat of a long neck can be longer than the windpipe below it.
 */
function findPipe(ct: Volume, body: Mask, lowest: number, highestLung: number): Chain | undefined {
  const [nx, , nz] = ct.size;
  const mm = ct.spacingMm[0];
  const mid = midlines(body);
  let chains: Chain[] = [];
  let best: Chain | undefined;
  const worth = ({ regions }: Chain) =>
    regions.length + nz * regions.filter((region) => region.k <= highestLung).length;
  const air = emptyVolume(ct, 'uint8', '1');
  for (let n = 0; n < air.data.length; n++) air.data[n] = body.data[n] !== 0 && ct.data[n]! < AIR_HU ? 1 : 0;
  const base = nx * ct.size[1];
  for (let k = nz - 1; k >= lowest; k--) {
    const pipes = sliceRegions(air, k).filter((region) => {
      const area = region.pixels.length * mm * mm;
      if (area < SMALLEST_MM2 || area > LARGEST_MM2) return false;
      if (Math.abs(region.meanI - mid[k]!) * mm > OFF_MIDLINE_MM) return false;
      return region.pixels.some((pixel) => ct.data[base * k + pixel]! < LUMEN_HU);
    });
    const next: Chain[] = [];
    for (const region of pipes) {
      const before = chains.find((chain) => {
        const last = chain.regions.at(-1)!;
        const step = Math.hypot(last.region.meanI - region.meanI, last.region.meanJ - region.meanJ) * mm;
        return last.k === k + 1 && step < STEP_MM;
      });
      const chain: Chain = { regions: [...(before?.regions ?? []), { k, region }] };
      next.push(chain);
      if (best === undefined || worth(chain) > worth(best)) best = chain;
    }
    chains = next;
  }
  return best !== undefined && best.regions.length * mm >= SHORTEST_MM ? best : undefined;
}

/** The slice of the middle of the lungs: what lies below it is gullet or bowel. 0 where there are no lungs. */
function middleSlice(lungs: Mask): number {
  const perSlice = lungs.size[0] * lungs.size[1];
  let sum = 0;
  let count = 0;
  for (let n = 0; n < lungs.data.length; n++) {
    if (lungs.data[n] === 0) continue;
    sum += Math.floor(n / perSlice);
    count++;
  }
  return count === 0 ? 0 : Math.floor(sum / count);
}

function highestSlice(lungs: Mask): number {
  const last = lungs.data.findLastIndex((inside) => inside !== 0);
  return Math.floor(last / (lungs.size[0] * lungs.size[1]));
}

/**
 * Windpipe and main bronchi: a pipe near the midline is followed from slice to slice; below the fork its lumen is
 * followed at a threshold between its own air and the lung's, until it would leak. `lungs` is the air of the
 * lungs as far as it is known. Undefined where no pipe is seen.
 */
export function segmentAirways(ct: Volume, body: Mask, lungs: Mask): Mask | undefined {
  const pipe = findPipe(ct, body, middleSlice(lungs), highestSlice(lungs));
  if (pipe === undefined) return undefined;
  const mask = emptyVolume(ct, 'uint8', '1');
  const [nx, ny] = ct.size;
  const base = nx * ny;
  const mm2 = ct.spacingMm[0] * ct.spacingMm[1];
  let lumen = 0;
  let count = 0;
  for (const { k, region } of pipe.regions)
    for (const pixel of region.pixels) {
      mask.data[base * k + pixel] = 1;
      if (ct.data[base * k + pixel]! < LUMEN_HU) {
        lumen += ct.data[base * k + pixel]!;
        count++;
      }
    }
  const threshold = Math.min(LUMEN_HU, lumen / Math.max(1, count) + 70);
  const last = pipe.regions.at(-1)!;
  let previous = new Set(last.region.pixels);
  let area = last.region.pixels.length * mm2;
  for (let k = last.k - 1; k >= 0; k--) {
    const reach = new Set<number>();
    for (const pixel of previous) for (const step of [0, 1, -1, nx, -nx]) reach.add(pixel + step);
    const regions = sliceRegions(body, k, (index) => ct.data[index]! < threshold).filter((region) =>
      region.pixels.some((pixel) => reach.has(pixel)),
    );
    const pixels = regions.flatMap((region) => region.pixels);
    const next = pixels.length * mm2;
    if (pixels.length === 0 || next > LARGEST_BELOW_FORK_MM2 || next > LEAK_GROWTH * Math.max(area, 150))
      break;
    for (const pixel of pixels) mask.data[base * k + pixel] = 1;
    previous = new Set(pixels);
    area = next;
  }
  return mask;
}

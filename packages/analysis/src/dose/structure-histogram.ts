import { multiply, PhotopeakError, type Volume, worldToVoxel } from '@photopeak/imaging';
import type { PlanarContour } from '../contours/contour.ts';
import { edgesOf, planeAxes } from '../contours/rasterize.ts';
import { addCoverage } from '../contours/scan-lines.ts';
import { type ContourStack, dot, type PlaneSlab, slabsOf, stackContours } from '../contours/stack.ts';
import { valueAt } from '../sampling/index.ts';
import type { DoseHistogram } from './histogram.ts';

export interface DoseHistogramOptions {
  /** Width of the bins; default 0.01 Gy, wider where the dose is so high that there would be more than 100 000. */
  readonly binGy?: number;
  /** Thickness of a structure that is drawn on one plane only; without it such a structure is refused. */
  readonly thicknessMm?: number;
  /** Where the structure is sampled at least this finely in its planes; default 1 mm, finer for small structures. */
  readonly sampleMm?: number;
}

const BIN_GY = 0.01;
const MOST_BINS = 100_000;
const SAMPLE_MM = 1;
const FINEST_SAMPLE_MM = 0.1;
/** Small structures are sampled more finely until they have about so many samples. */
const ENOUGH_SAMPLES = 40_000;
/** Large ones have cells so large that there are no more than about so many. */
const MOST_SAMPLES = 4e6;
/**
 * Steps of an even sequence in three dimensions (Roberts 2018, after the plastic number): each sample lies at another
 * place of its cell, so that a dose that rises along the cells does not become a comb.
 */
const STEPS = [0.8191725133961645, 0.6710436067037893, 0.5497004779019703] as const;
/** Scan lines across a row of samples, for the share of a sample that is inside. */
const LINES = 4;

/**
 * The dose-volume histogram of a structure: its contours are slabs that reach half way to their neighbours; each is
 * divided into small cells, a cell counts with the share of it that is inside, and gets the dose at a place
 * in it, linear between the voxels of the dose.
 *
 * Fails with DOSE_STRUCTURE_EMPTY where the contours enclose nothing, DOSE_STRUCTURE_OUTSIDE where no part of the
 * structure lies in the dose grid.
 */
export function structureHistogram(
  dose: Volume,
  contours: readonly PlanarContour[],
  options: DoseHistogramOptions = {},
): DoseHistogram {
  const stack = stackContours(contours);
  const thicknessMm = stack?.spacingMm ?? options.thicknessMm;
  if (stack === undefined || thicknessMm === undefined) {
    throw new PhotopeakError('the structure encloses no volume', {
      code: 'DOSE_STRUCTURE_EMPTY',
      expected: 'closed contours on two planes or more, or a thickness for one plane',
      found: stack === undefined ? 'no closed contour' : 'contours on one plane',
      remedy: 'draw the structure, or leave it out',
    });
  }
  const slabs = slabsOf(stack, thicknessMm);
  const bins = new Bins(dose, options.binGy ?? BIN_GY);
  let volumeMl = 0;
  sampleStructure(dose, stack, slabs, cellMm(slabs, options.sampleMm ?? SAMPLE_MM), (gy, ml) => {
    volumeMl += ml;
    if (gy !== undefined) bins.add(gy, ml);
  });
  if (bins.coveredMl === 0) {
    throw new PhotopeakError('no part of the structure lies in the dose grid', {
      code: 'DOSE_STRUCTURE_OUTSIDE',
      expected: 'a structure within the dose grid',
      remedy: 'check that dose and structures belong to one frame of reference',
    });
  }
  return bins.histogram(volumeMl);
}

/** Edge of the square cells in the planes. */
function cellMm(slabs: readonly PlaneSlab[], sampleMm: number): number {
  const mm3 = slabs.reduce((sum, { areaMm2, thicknessMm }) => sum + areaMm2 * thicknessMm, 0);
  const forEnough = Math.cbrt(mm3 / ENOUGH_SAMPLES);
  const forNotTooMany = Math.cbrt(mm3 / MOST_SAMPLES);
  return Math.max(FINEST_SAMPLE_MM, forNotTooMany, Math.min(sampleMm, forEnough));
}

/** Tells the dose (undefined outside of the dose grid) and the volume of each cell that is not wholly outside. */
function sampleStructure(
  dose: Volume,
  stack: ContourStack,
  slabs: readonly PlaneSlab[],
  cell: number,
  tell: (gy: number | undefined, ml: number) => void,
): void {
  const [u, v] = planeAxes(stack.normal);
  const n = stack.normal;
  // From cell (u, v) and place along the normal to voxels of the dose.
  const toWorld = [u[0], v[0], n[0], 0, u[1], v[1], n[1], 0, u[2], v[2], n[2], 0, 0, 0, 0, 1] as const;
  const m = multiply(worldToVoxel(dose), toWorld);
  let number = 0;
  for (const { contours, fromMm, thicknessMm } of slabs) {
    const flat = edgesOf(contours, (point) => [dot(u, point), dot(v, point)]);
    const [low, high] = extent(flat);
    // Cells fit the extent of the slab, so that a border along them is cut by none.
    const columns = Math.max(1, Math.ceil((high[0] - low[0]) / cell));
    const rows = Math.max(1, Math.ceil((high[1] - low[1]) / cell));
    const [wide, tall] = [(high[0] - low[0]) / columns, (high[1] - low[1]) / rows];
    const share = new Float32Array(columns * rows);
    const inCells = flat.map((mm, at) => (at % 2 === 0 ? (mm - low[0]) / wide : (mm - low[1]) / tall) - 0.5);
    addCoverage(share, columns, rows, inCells, LINES);
    const levels = Math.max(1, Math.ceil(thicknessMm / cell));
    const cellMl = (wide * tall * thicknessMm) / levels / 1000;
    for (let level = 0; level < levels; level++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const inside = share[row * columns + column]!;
          if (inside <= 0) continue;
          number++;
          const x = low[0] + (column + ((number * STEPS[0]) % 1)) * wide;
          const y = low[1] + (row + ((number * STEPS[1]) % 1)) * tall;
          const w = fromMm + ((level + ((number * STEPS[2]) % 1)) / levels) * thicknessMm;
          const gy = valueAt(
            dose,
            m[0] * x + m[1] * y + m[2] * w + m[3],
            m[4] * x + m[5] * y + m[6] * w + m[7],
            m[8] * x + m[9] * y + m[10] * w + m[11],
          );
          tell(gy, inside * cellMl);
        }
      }
    }
  }
}

function extent(edges: Float64Array): readonly [readonly [number, number], readonly [number, number]] {
  let [lowX, lowY, highX, highY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < edges.length; at += 2) {
    lowX = Math.min(lowX, edges[at]!);
    highX = Math.max(highX, edges[at]!);
    lowY = Math.min(lowY, edges[at + 1]!);
    highY = Math.max(highY, edges[at + 1]!);
  }
  return [
    [lowX, lowY],
    [highX, highY],
  ];
}

/** Collects samples. The range of the bins is that of the whole dose; what lies beyond the hottest sample is cut off. */
class Bins {
  readonly #startGy: number;
  readonly #binGy: number;
  readonly #volumes: Float64Array;
  #sum = 0;
  #lowest = Infinity;
  #highest = -Infinity;
  coveredMl = 0;

  constructor(dose: Volume, wantedGy: number) {
    // Absolute doses begin at zero; differences of doses below it.
    let [low, high] = [0, 0];
    for (let n = 0; n < dose.data.length; n++) {
      const gy = dose.data[n]!;
      if (gy < low) low = gy;
      if (gy > high) high = gy;
    }
    this.#binGy = Math.max(wantedGy, (high - low) / MOST_BINS);
    this.#startGy = Math.floor(low / this.#binGy) * this.#binGy;
    this.#volumes = new Float64Array(Math.floor((high - this.#startGy) / this.#binGy) + 2);
  }

  #binOf(gy: number): number {
    return Math.min(this.#volumes.length - 1, Math.max(0, Math.floor((gy - this.#startGy) / this.#binGy)));
  }

  add(gy: number, ml: number): void {
    this.#volumes[this.#binOf(gy)]! += ml;
    this.#sum += gy * ml;
    this.coveredMl += ml;
    if (gy < this.#lowest) this.#lowest = gy;
    if (gy > this.#highest) this.#highest = gy;
  }

  histogram(volumeMl: number): DoseHistogram {
    return {
      volumeMl,
      coveredMl: this.coveredMl,
      minimumGy: this.#lowest,
      maximumGy: this.#highest,
      meanGy: this.#sum / this.coveredMl,
      binGy: this.#binGy,
      startGy: this.#startGy,
      differentialMl: this.#volumes.slice(0, this.#binOf(this.#highest) + 1),
    };
  }
}

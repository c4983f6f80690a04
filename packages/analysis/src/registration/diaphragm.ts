import { gaussian, type Volume } from '@photopeak/imaging';
import { ANATOMY_LABELS, type FusedAnatomy } from '../anatomy/index.ts';
import { halfSampleMode, quartileSpread } from './half-sample-mode.ts';

export interface DiaphragmOffset {
  /** How much higher (headwards) the dome lies on PET than on CT, in mm. */
  readonly offsetMm: number;
  /** Half the interquartile range over the columns. */
  readonly spreadMm: number;
  readonly columns: number;
}

/** Halfway between lung and soft tissue. */
const EDGE_HU = -400;
const SMOOTH_CT_MM = 2.5;
const SMOOTH_PET_MM = 3.5;
const REACH_MM = 34;
/** Where the organ's and the lung's own uptake are read, below and above the edge on CT. */
const BELOW_MM = [18, 42] as const;
const ABOVE_MM = [24, 44] as const;
/** Without this contrast in PET the edge cannot be seen. */
const SMALLEST_CONTRAST = 2;
/** The floor of the lung must lie flatter than this, in mm per mm: walls tell nothing about height. */
const STEEPEST = 0.8;
const FEWEST_COLUMNS = 40;
/** The muscle of the diaphragm is tissue on CT and cold on PET: PET's edge is the liver's, this much lower. */
const MUSCLE_MM = 3;

function mean(data: ArrayLike<number>, indices: readonly number[]): number {
  let sum = 0;
  for (const index of indices) sum += data[index]!;
  return sum / indices.length;
}

/** Height in voxels at which a column of CT turns from soft tissue (below) to lung, near the lowest lung voxel. */
function ctEdge(hu: Volume, column: number, floor: number): number | undefined {
  const step = hu.size[0] * hu.size[1];
  for (let k = Math.min(floor + 2, hu.size[2] - 1); k > Math.max(floor - 5, 0); k--) {
    const above = hu.data[column + k * step]!;
    const below = hu.data[column + (k - 1) * step]!;
    if (above < EDGE_HU && below >= EDGE_HU) return k - 1 + (below - EDGE_HU) / (below - above);
  }
  return undefined;
}

function petEdge(pet: Volume, column: number, edge: number): number | undefined {
  const step = pet.size[0] * pet.size[1];
  const mm = pet.spacingMm[2];
  const range = (from: number, to: number) => {
    const indices: number[] = [];
    for (let k = Math.round(from); k <= Math.round(to); k++)
      if (k >= 0 && k < pet.size[2]) indices.push(column + k * step);
    return indices;
  };
  const low = range(edge - BELOW_MM[1] / mm, edge - BELOW_MM[0] / mm);
  const high = range(edge + ABOVE_MM[0] / mm, edge + ABOVE_MM[1] / mm);
  if (low.length < 3 || high.length < 3) return undefined;
  const organ = mean(pet.data, low);
  const lung = mean(pet.data, high);
  if (!(organ > SMALLEST_CONTRAST * lung)) return undefined;
  const level = (organ + lung) / 2;
  const top = Math.min(pet.size[2] - 1, Math.floor(edge + REACH_MM / mm));
  for (let k = top; k > Math.max(0, edge - REACH_MM / mm); k--) {
    const above = pet.data[column + k * step]!;
    const below = pet.data[column + (k - 1) * step]!;
    if (above < level && below >= level) return k - 1 + (below - level) / (below - above);
  }
  return undefined;
}

/**
 * How far the dome of the right diaphragm lies apart on PET and CT: column by column the height at which CT turns from soft
 * tissue to lung is compared with the height at which PET falls to the middle of organ and lung; the half-sample mode
 * over the columns leaves out walls, vessels and the heart. The left dome, with stomach and spleen under it, shows no such
 * edge. Undefined where too few columns show an edge.
 */
export async function diaphragmOffset(fused: FusedAnatomy): Promise<DiaphragmOffset | undefined> {
  const { labels } = fused;
  const hu = await gaussian(fused.hu, { sigmaMm: SMOOTH_CT_MM });
  const pet = await gaussian(fused.suv, { sigmaMm: SMOOTH_PET_MM });
  const wanted = ANATOMY_LABELS.lungRight;
  const [nx, ny, nz] = labels.size;
  const step = nx * ny;
  const edge = new Float64Array(step).fill(Number.NaN);
  for (let column = 0; column < step; column++) {
    let floor = -1;
    for (let k = 0; k < nz && floor < 0; k++) if (labels.data[column + k * step] === wanted) floor = k;
    // The lung must go on above, and soft tissue of the body below.
    if (floor < 6 || floor + 10 >= nz) continue;
    if (labels.data[column + (floor + 8) * step] !== wanted) continue;
    if (labels.data[column + (floor - 6) * step] !== ANATOMY_LABELS.body) continue;
    edge[column] = ctEdge(hu, column, floor) ?? Number.NaN;
  }
  const offsets: number[] = [];
  for (let j = 1; j < ny - 1; j++)
    for (let i = 1; i < nx - 1; i++) {
      const column = i + nx * j;
      const here = edge[column]!;
      if (Number.isNaN(here)) continue;
      const slope = Math.max(
        Math.abs(edge[column + 1]! - edge[column - 1]!),
        Math.abs(edge[column + nx]! - edge[column - nx]!),
      );
      if (!(slope / 2 < STEEPEST)) continue;
      const found = petEdge(pet, column, here);
      if (found !== undefined) offsets.push((found - here) * labels.spacingMm[2]);
    }
  if (offsets.length < FEWEST_COLUMNS) return undefined;
  return {
    offsetMm: halfSampleMode(offsets) + MUSCLE_MM,
    spreadMm: quartileSpread(offsets),
    columns: offsets.length,
  };
}

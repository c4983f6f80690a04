import { requireSameGrid } from '../create.ts';
import { PhotopeakError } from '../errors.ts';
import { toWorld } from '../geometry.ts';
import { Resident } from '../pool/resident.ts';
import type { DisplacementField } from '../resample-plan.ts';
import { allocateShared } from '../shared-memory.ts';
import type { Grid, Mask, Vec3, Volume } from '../volume.ts';
import { describeImage, type Features, pooled, weightsAt } from './features.ts';
import { type Nodes, noDisplacement, nodeCount, refined, scale } from './nodes.ts';
import type { DeformationPlan } from './plan.ts';
import { type Comparison, compare, refine } from './refine.ts';
import { search } from './search.ts';

export interface DeformationImages {
  readonly fixed: Volume;
  /** On the grid of the fixed image. */
  readonly moving: Volume;
  /** 0 leaves a voxel of this image out, 255 counts it fully. */
  readonly fixedWeight: Mask;
  readonly movingWeight: Mask;
  /** Voxels of the fixed image that took no part, at which the result is judged afterwards. */
  readonly heldOut?: Mask;
  /** Changes the field (mm), in place, before it is judged and returned. */
  readonly finish?: (field: DisplacementField) => Promise<void>;
}

/** How the descriptors differ at the held-out voxels, by planes of nodes, without and with the field. */
export interface HeldOutComparison {
  readonly without: Comparison;
  readonly with: Comparison;
}

export interface DeformationResult {
  /** A point x of the fixed image lies at x + field(x) in the moving one. */
  readonly field: DisplacementField;
  /** Mean squared difference of the descriptors before each step, by level. */
  readonly residuals: readonly (readonly number[])[];
  readonly heldOut?: HeldOutComparison;
}

/** Sizes of a grid for `deform` are multiples of this. */
export const DEFORMATION_BLOCK = 8;

/** Images at the level where `pool` voxels are joined, made from the finer ones as needed and kept. */
class Pyramid {
  readonly #memory: Resident;
  readonly #levels: Map<number, Features>;

  constructor(memory: Resident, finest: Features) {
    this.#memory = memory;
    this.#levels = new Map([[1, finest]]);
  }

  async at(pool: number): Promise<Features> {
    const known = this.#levels.get(pool);
    if (known !== undefined) return known;
    const level = await pooled(this.#memory, await this.at(pool / 2));
    this.#levels.set(pool, level);
    return level;
  }
}

function fieldOf(memory: Resident, nodes: Nodes, grid: Grid, voxelsApart: number): DisplacementField {
  const count = nodeCount(nodes);
  const u = memory.view('float32', nodes.u, 3 * count);
  const data = new Float32Array(allocateShared(12 * count));
  const d = grid.direction;
  const [hx, hy, hz] = grid.spacingMm;
  for (let n = 0; n < count; n++) {
    const x = u[n]! * hx;
    const y = u[count + n]! * hy;
    const z = u[2 * count + n]! * hz;
    data[3 * n] = d[0] * x + d[1] * y + d[2] * z;
    data[3 * n + 1] = d[3] * x + d[4] * y + d[5] * z;
    data[3 * n + 2] = d[6] * x + d[7] * y + d[8] * z;
  }
  const middle = (voxelsApart - 1) / 2;
  return {
    size: nodes.size,
    spacingMm: grid.spacingMm.map((mm) => mm * voxelsApart) as unknown as Vec3,
    origin: toWorld(grid, [middle, middle, middle]),
    direction: grid.direction,
    data,
  };
}

/** A field changed in mm back into its nodes, in voxels of the working grid. */
function intoNodes(memory: Resident, { data }: DisplacementField, nodes: Nodes, grid: Grid): void {
  const count = nodeCount(nodes);
  const u = memory.view('float32', nodes.u, 3 * count);
  const d = grid.direction;
  const [hx, hy, hz] = grid.spacingMm;
  for (let n = 0; n < count; n++) {
    const [x, y, z] = [data[3 * n]!, data[3 * n + 1]!, data[3 * n + 2]!];
    u[n] = (d[0] * x + d[3] * y + d[6] * z) / hx;
    u[count + n] = (d[1] * x + d[4] * y + d[7] * z) / hy;
    u[2 * count + n] = (d[2] * x + d[5] * y + d[8] * z) / hz;
  }
}

/**
 * The displacement field between two images on one grid of about cubic voxels: descriptors that two modalities share,
 * a discrete search for large displacements, Gauss-Newton refinement from coarse to fine. Sizes must be multiples of
 * 8. The same bytes for any number of threads.
 */
export async function deform(images: DeformationImages, plan: DeformationPlan): Promise<DeformationResult> {
  const { fixed, moving } = images;
  requireSameGrid(fixed, moving, 'deformation');
  if (fixed.size.some((n) => n % DEFORMATION_BLOCK !== 0)) {
    throw new PhotopeakError('the grid of a deformation has sizes that cannot be halved', {
      code: 'IMAGING_GRID_INVALID',
      expected: `multiples of ${DEFORMATION_BLOCK}`,
      found: fixed.size.join(' × '),
    });
  }
  using memory = new Resident();
  const { features, movingFeatures = features } = plan;
  const [fixedLevels, movingLevels] = [
    new Pyramid(memory, await describeImage(memory, fixed, images.fixedWeight.data, features)),
    new Pyramid(memory, await describeImage(memory, moving, images.movingWeight.data, movingFeatures)),
  ];
  const sizeAt = (apart: number) => fixed.size.map((n) => n / apart) as unknown as Vec3;
  const residuals: (readonly number[])[] = [];
  let apart = plan.search?.pool ?? plan.levels[0]!.pool * plan.levels[0]!.stride;
  let unit = plan.search?.pool ?? plan.levels[0]!.pool;
  let nodes = noDisplacement(memory, sizeAt(apart));
  if (plan.search !== undefined) {
    const found = await search(
      memory,
      await fixedLevels.at(apart),
      await movingLevels.at(apart),
      nodes,
      plan.search,
    );
    memory.give(nodes.u);
    nodes = found;
  }
  for (const level of plan.levels) {
    while (apart > level.pool * level.stride) {
      apart /= 2;
      nodes = await refined(memory, nodes, sizeAt(apart), 1);
    }
    scale(memory, nodes, unit / level.pool);
    unit = level.pool;
    const { residuals: found } = await refine(
      memory,
      await fixedLevels.at(level.pool),
      await movingLevels.at(level.pool),
      nodes,
      level,
    );
    residuals.push(found);
  }
  scale(memory, nodes, unit);
  const field = fieldOf(memory, nodes, fixed, apart);
  await images.finish?.(field);
  let heldOut: HeldOutComparison | undefined;
  if (images.heldOut !== undefined) {
    const last = plan.levels.at(-1)!;
    const [judged, movingLevel] = [await fixedLevels.at(unit), await movingLevels.at(unit)];
    const weights = await weightsAt(memory, images.heldOut, unit);
    const held = { ...judged, weights };
    const none = noDisplacement(memory, nodes.size);
    if (images.finish !== undefined) intoNodes(memory, field, nodes, fixed);
    scale(memory, nodes, 1 / unit);
    heldOut = {
      without: await compare(memory, held, movingLevel, none, last.stride),
      with: await compare(memory, held, movingLevel, nodes, last.stride),
    };
  }
  return { ...(heldOut === undefined ? {} : { heldOut }), field, residuals };
}

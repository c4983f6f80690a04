import {
  checkProjections,
  type Grid,
  PhotopeakError,
  type Projections,
  type ResidentViews,
  type ResidentVolume,
  Tomograph,
  type Volume,
} from '@photopeak/imaging';
import { viewBatches } from './view-batches.ts';

export interface IterativeOptions {
  readonly iterations: number;
  /** Unit of a voxel; the values are those of the line integrals per mm. */
  readonly unit?: string;
  /** Called after each iteration. */
  readonly progress?: (iteration: number, residual: number) => void;
}

export interface IterativeResult {
  readonly volume: Volume<Float32Array>;
  /** ‖Ax − b‖ / ‖b‖ after each iteration. */
  readonly residuals: readonly number[];
}

/** What all iterative methods work with: the projector and what was measured. */
export interface System {
  readonly tomograph: Tomograph;
  readonly measured: Projections;
  /** ‖b‖². */
  readonly energy: number;
}

/** Throws what `Tomograph` and `checkProjections` throw, and `RECONSTRUCTION_PARAMETER`. */
export async function withSystem<R>(
  measured: Projections,
  grid: Grid,
  { iterations }: { readonly iterations: number },
  work: (system: System) => Promise<R>,
): Promise<R> {
  checkProjections(measured);
  requireParameter(
    Number.isInteger(iterations) && iterations > 0,
    'iterations',
    'a whole number above 0',
    iterations,
  );
  using tomograph = new Tomograph(grid, measured.geometry);
  let energy = 0;
  for (const value of measured.data) energy += value * value;
  return await work({ tomograph, measured, energy });
}

export function requireParameter(holds: boolean, name: string, expected: string, found: number): void {
  if (holds) return;
  throw new PhotopeakError(`the parameter ${name} of a reconstruction is not valid`, {
    code: 'RECONSTRUCTION_PARAMETER',
    expected,
    found: String(found),
  });
}

/** ‖Ax − b‖ / ‖b‖. */
export async function relativeResidual(system: System, x: ResidentVolume): Promise<number> {
  const { tomograph, measured, energy } = system;
  const batches = viewBatches(measured.geometry.views.length);
  const projected = tomograph.newViews(batches[0]!.length);
  const expected = tomograph.newViews(batches[0]!.length);
  let squares = 0;
  for (const indices of batches) {
    await differ(system, x, indices, projected, expected);
    squares += await tomograph.algebra.dot(projected, projected, indices.length * tomograph.pixels);
  }
  tomograph.give(projected, expected);
  return energy > 0 ? Math.sqrt(squares / energy) : 0;
}

/** Writes b − Ax of some views to `projected`; `expected` is working memory. */
export async function differ(
  { tomograph, measured }: System,
  x: ResidentVolume,
  indices: readonly number[],
  projected: ResidentViews,
  expected: ResidentViews,
): Promise<void> {
  await tomograph.project(x, projected, indices);
  tomograph.loadViews(measured, indices, expected);
  const count = indices.length * tomograph.pixels;
  await tomograph.algebra.combine(projected, 1, expected, -1, projected, count);
}

import type { Arena } from '../arena.ts';
import type { Kernels } from '../kernels.ts';

/** Kernels that work on resident memory alone: all that they need is addresses and numbers. */
export type ResidentKernel =
  | 'mind_planes'
  | 'pool_features'
  | 'pool_weights'
  | 'search_cost'
  | 'search_best'
  | 'smooth_nodes'
  | 'refine_nodes'
  | 'deform_normal'
  | 'deform_laplace'
  | 'deform_start'
  | 'deform_apply'
  | 'deform_step'
  | 'deform_turn'
  | 'deform_move'
  | 'similar_means'
  | 'line_means'
  | 'line_peaks'
  | 'back_project'
  | 'project_rays'
  | 'spread_rays'
  | 'filter_views'
  | 'combine'
  | 'products'
  | 'divide'
  | 'divided_step'
  | 'variation_lengths'
  | 'variation_gradient';

export interface CallTask {
  readonly kernel: ResidentKernel;
  readonly args: readonly number[];
  /** Bytes of scratch whose address is passed as the last argument; 0 for none. */
  readonly scratchBytes: number;
}

/** Bytes of arena that `call` takes. */
export function callBytes(scratchBytes: number): number {
  return scratchBytes + 64;
}

export function call(arena: Arena, { kernel, args, scratchBytes }: CallTask): void {
  const run = arena.kernels[kernel] as Kernels[ResidentKernel] & ((...args: number[]) => void);
  if (scratchBytes > 0) run(...args, arena.take(scratchBytes));
  else run(...args);
}

import type { Grid, Projections } from '@photopeak/imaging';
import { type IterativeResult, relativeResidual, withSystem } from './iterative.ts';
import { prepareSart, type SartOptions } from './os-sart.ts';

export interface VariationOptions extends SartOptions {
  /** Steps down the total variation after each pass over the data. */
  readonly variationSteps?: number;
  /** Length of such a step as a share of the first change by the data. */
  readonly variationShare?: number;
}

/** Steps of total variation, their length, and the factor by which it shrinks when they undo more than the data changed. */
const VARIATION_DEFAULTS = { variationSteps: 20, variationShare: 0.04 } as const;
const SHRINK = 0.95;
/** Variation may change an iterate by this share of what the data changed. */
const MOST_RATIO = 0.95;
/** The corner of |∇f|, as a share of the mean attenuation squared. */
const CORNER = 1e-4;

/**
 * Few-view reconstruction that keeps the total variation small: passes of OS-SART alternate with steps down the total
 * variation, whose length adapts so that the data stay in the lead (ASD-POCS, Sidky and Pan 2008).
 */
export async function asdPocs(
  measured: Projections,
  grid: Grid,
  options: VariationOptions,
): Promise<IterativeResult> {
  return withSystem(measured, grid, options, async (system) => {
    const { tomograph } = system;
    const { algebra, voxels } = tomograph;
    const { variationSteps, variationShare } = { ...VARIATION_DEFAULTS, ...options };
    const sart = await prepareSart(system, options);
    const x = tomograph.newVolume();
    const before = tomograph.newVolume();
    const [lengths, gradient] = [tomograph.newVolume(), tomograph.newVolume()] as const;
    const change = async (from: number) => {
      await algebra.combine(gradient, 1, x, -1, from, voxels);
      return Math.sqrt(await algebra.dot(gradient, gradient, voxels));
    };
    const residuals: number[] = [];
    let step: number | undefined;
    for (let n = 0; n < options.iterations; n++) {
      await algebra.combine(before, 1, x, 0, x, voxels);
      await sart.iterate(x, n);
      const byData = await change(before);
      step ??= (variationShare * byData) / variationSteps;
      const residual = await relativeResidual(system, x);
      const mean = tomograph.voxelsOf(x).reduce((sum, value) => sum + value, 0) / voxels;
      const least = CORNER * mean * mean + Number.MIN_VALUE;
      await algebra.combine(before, 1, x, 0, x, voxels);
      for (let turn = 0; turn < variationSteps; turn++) {
        const { norm } = await algebra.variationGradient(x, tomograph.grid.size, least, lengths, gradient);
        if (norm === 0) break;
        await algebra.combine(x, 1, x, -step / norm, gradient, voxels);
      }
      const byVariation = await change(before);
      if (byVariation > MOST_RATIO * byData) step *= SHRINK * (byData / byVariation);
      residuals.push(residual);
      options.progress?.(n + 1, residual);
    }
    return { volume: tomograph.read(x, options.unit ?? '/mm'), residuals };
  });
}

import type { Grid, Projections } from '@photopeak/imaging';
import { type IterativeOptions, type IterativeResult, withSystem } from './iterative.ts';

/**
 * Conjugate gradients on the normal equations AᵀAx = Aᵀb (Hestenes and Stiefel 1952; Björck 1996, algorithm 7.4.1). The
 * residual falls with every iteration; noise comes back as iterations go on, so few (10 to 15) are wanted. All views
 * are held twice in the memory of the kernels.
 */
export async function cgls(
  measured: Projections,
  grid: Grid,
  options: IterativeOptions,
): Promise<IterativeResult> {
  return withSystem(measured, grid, options, async ({ tomograph, energy }) => {
    const { algebra, voxels, pixels } = tomograph;
    const x = tomograph.newVolume();
    const gradient = tomograph.newVolume();
    const all = tomograph.newViews(measured.geometry.views.length);
    const direction = tomograph.newViews(measured.geometry.views.length);
    const indices = measured.geometry.views.map((_, index) => index);
    const total = indices.length * pixels;
    tomograph.loadViews(measured, indices, all);

    await tomograph.spread(all, gradient, indices);
    const p = tomograph.newVolume();
    await algebra.combine(p, 1, gradient, 0, gradient, voxels);
    let gamma = await algebra.dot(gradient, gradient, voxels);
    const residuals: number[] = [];
    for (let n = 0; n < options.iterations; n++) {
      await tomograph.project(p, direction, indices);
      const squared = await algebra.dot(direction, direction, total);
      const length = squared > 0 ? gamma / squared : 0;
      await algebra.combine(x, 1, x, length, p, voxels);
      await algebra.combine(all, 1, all, -length, direction, total);
      const left = await algebra.dot(all, all, total);
      residuals.push(energy > 0 ? Math.sqrt(left / energy) : 0);
      options.progress?.(n + 1, residuals.at(-1)!);
      tomograph.voxelsOf(gradient).fill(0);
      await tomograph.spread(all, gradient, indices);
      const next = await algebra.dot(gradient, gradient, voxels);
      await algebra.combine(p, 1, gradient, gamma > 0 ? next / gamma : 0, p, voxels);
      gamma = next;
    }
    return { volume: tomograph.read(x, options.unit ?? '/mm'), residuals };
  });
}

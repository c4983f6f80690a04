import type { Grid, Projections, ResidentVolume, Volume } from '@photopeak/imaging';
import {
  differ,
  type IterativeOptions,
  type IterativeResult,
  relativeResidual,
  requireParameter,
  type System,
  withSystem,
} from './iterative.ts';

export interface SartOptions extends IterativeOptions {
  /** Groups of views that are used one after the other in one iteration; 1 is SIRT. */
  readonly subsets?: number;
  /** Length of a step, 0..2. */
  readonly relaxation?: number;
  /** The step shrinks by this factor with each iteration. */
  readonly relaxationDecay?: number;
  /** Attenuation is not let fall below 0. */
  readonly nonNegative?: boolean;
}

const SART_DEFAULTS = {
  subsets: 15,
  relaxation: 1,
  relaxationDecay: 0.99,
  nonNegative: true,
} as const;

/** Rays and voxels that meet hardly anything, as a share of the most: they would divide by nearly nothing. */
const LEAST_SHARE = 1e-3;

/**
 * Ordered-subsets simultaneous algebraic reconstruction (Andersen and Kak 1984; subsets of evenly spread views in an order
 * that keeps following subsets far apart). Starts from `start`, else from zero.
 */
export async function osSart(
  measured: Projections,
  grid: Grid,
  options: SartOptions,
  start?: Volume,
): Promise<IterativeResult> {
  return withSystem(measured, grid, options, async (system) => {
    const { tomograph } = system;
    const x = start === undefined ? tomograph.newVolume() : tomograph.load(start);
    const sart = await prepareSart(system, options);
    const residuals: number[] = [];
    for (let n = 0; n < options.iterations; n++) {
      await sart.iterate(x, n);
      residuals.push(await relativeResidual(system, x));
      options.progress?.(n + 1, residuals.at(-1)!);
    }
    return { volume: tomograph.read(x, options.unit ?? '/mm'), residuals };
  });
}

/** What the iterations share: lengths of rays and what each voxel weighs. */
export async function prepareSart(system: System, options: Omit<SartOptions, 'iterations'>) {
  const { subsets, relaxation, relaxationDecay, nonNegative } = { ...SART_DEFAULTS, ...options };
  requireParameter(Number.isInteger(subsets) && subsets > 0, 'subsets', 'a whole number above 0', subsets);
  requireParameter(relaxation > 0 && relaxation < 2, 'relaxation', 'a number between 0 and 2', relaxation);
  const { tomograph, measured } = system;
  const { algebra, voxels, pixels } = tomograph;
  const groups = orderedSubsets(measured.geometry.views.length, subsets);
  const most = Math.max(...groups.map((group) => group.length));
  const [projected, expected] = [tomograph.newViews(most), tomograph.newViews(most)] as const;
  const step = tomograph.newVolume();
  // How far each ray runs in the volume: kept beside the measured data, in the same order.
  const lengths = new Float32Array(measured.data.length);
  tomograph.voxelsOf(step).fill(1);
  for (const group of groups) {
    await tomograph.project(step, projected, group);
    tomograph.readViews(projected, group, lengths);
  }
  const weights = tomograph.newVolume();
  tomograph.pixelsOf(expected, most).fill(1);
  for (const group of groups) await tomograph.spread(expected, weights, group);
  const share = 1 / groups.length;
  await algebra.combine(weights, share, weights, 0, weights, voxels);
  const heaviest = tomograph.voxelsOf(weights).reduce((a, b) => Math.max(a, b), 0);
  const longest = Math.hypot(...tomograph.grid.size.map((n, axis) => n * tomograph.grid.spacingMm[axis]!));
  const floor = nonNegative ? 0 : -3e38;

  /** One pass over all subsets. */
  const iterate = async (x: ResidentVolume, iteration: number): Promise<void> => {
    for (const group of groups) {
      const count = group.length * pixels;
      await differ(system, x, group, projected, expected);
      tomograph.loadViews({ data: lengths }, group, expected);
      await algebra.divide(projected, expected, longest * LEAST_SHARE, count);
      tomograph.voxelsOf(step).fill(0);
      await tomograph.spread(projected, step, group);
      const length = relaxation * relaxationDecay ** iteration;
      await algebra.dividedStep(x, length, step, weights, heaviest * LEAST_SHARE, floor, voxels);
    }
  };
  return { iterate };
}

/** Every `subsets`-th view is one group; groups in bit-reversed order, so that neighbours in time are far in angle. */
export function orderedSubsets(views: number, subsets: number): number[][] {
  const count = Math.min(subsets, views);
  const bits = Math.ceil(Math.log2(count));
  const order = Array.from({ length: 2 ** bits }, (_, n) => {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((n >> bit) & 1) << (bits - 1 - bit);
    return reversed;
  }).filter((n) => n < count);
  return order.map((first) => {
    const group: number[] = [];
    for (let view = first; view < views; view += count) group.push(view);
    return group;
  });
}

import { type Grid, PhotopeakError } from '@photopeak/imaging';
import type { Finding } from '../errors/index.ts';
import type { Series } from './group.ts';
import { shearedGrid } from './regrid.ts';
import { planStack, type StackOptions } from './stack.ts';

export interface PlannedGrid {
  /** The grid that `loadSeriesVolume` would give; undefined where it would refuse. */
  readonly grid: Grid | undefined;
  readonly findings: readonly Finding[];
  /** Why there is no grid. */
  readonly refusal: PhotopeakError | undefined;
}

/** Where the voxels of a series lie, from the headers alone. Only for series of kind `volume`. */
export function planSeriesGrid(
  series: Series,
  options: StackOptions = { gaps: 'refuse', tilt: 'shear' },
): PlannedGrid {
  try {
    const { grid, shear, findings } = planStack(series.slices, options);
    return { grid: shear === undefined ? grid : shearedGrid(grid, shear), findings, refusal: undefined };
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    return { grid: undefined, findings: [], refusal: error };
  }
}

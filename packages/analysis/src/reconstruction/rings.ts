import type { Projections } from '@photopeak/imaging';

export interface RingOptions {
  /** Pixels across which neighbours are compared: wider than the widest stripe. */
  readonly window?: number;
}

const WINDOW = 21;

/**
 * Takes stripes of uneven pixels out of sinograms, which would become rings: the values of each pixel over all views are
 * sorted, each rank is smoothed by a median across neighbouring pixels, and put back (Vo, Atwood and Drakopoulos, Optics
 * Express 26, 28396, 2018, algorithm 3). What changes with the view stays.
 */
export function suppressRings(
  { geometry, data }: Projections,
  { window = WINDOW }: RingOptions = {},
): Projections {
  const [columns, rows] = geometry.detectorSize;
  const views = geometry.views.length;
  const result = new Float32Array(data.length);
  const order = Array.from({ length: columns }, () => new Uint32Array(views));
  const sorted = Array.from({ length: columns }, () => new Float32Array(views));
  const radius = Math.max(1, Math.floor(window / 2));
  const near = new Float64Array(2 * radius + 1);
  for (let row = 0; row < rows; row++) {
    const at = (view: number, column: number) => column + columns * (row + rows * view);
    for (let column = 0; column < columns; column++) {
      const ranks = order[column]!;
      for (let view = 0; view < views; view++) ranks[view] = view;
      ranks.sort((a, b) => data[at(a, column)]! - data[at(b, column)]!);
      for (let rank = 0; rank < views; rank++) sorted[column]![rank] = data[at(ranks[rank]!, column)]!;
    }
    for (let rank = 0; rank < views; rank++) {
      for (let column = 0; column < columns; column++) {
        for (let k = -radius; k <= radius; k++) {
          const place = Math.min(columns - 1, Math.max(0, column + k));
          near[k + radius] = sorted[place]![rank]!;
        }
        near.sort();
        result[at(order[column]![rank]!, column)] = near[radius]!;
      }
    }
  }
  return { geometry, data: result };
}

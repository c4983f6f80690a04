import { requireSameGrid, type Volume } from '@photopeak/imaging';
import { median } from '../numbers/index.ts';
import { contrastToNoise, signalToNoise } from './contrast.ts';
import { detrend, patchAt } from './patch.ts';

/** Signal and contrast against noise, of original and result. */
export interface TissueRatios {
  readonly signalToNoise: readonly [number, number] | undefined;
  readonly contrastToNoise: readonly [number, number] | undefined;
}

export interface TissueOptions {
  /**
   * Ranges of two tissues, the darker first (CT: fat and soft tissue, in HU); left out: the darker and the brighter third of
   * all even places.
   */
  readonly tissues?: readonly [readonly [number, number], readonly [number, number]];
  /** What signal is counted from (CT: −1000 HU, air). */
  readonly zero: number;
  /** Only where the original is above. */
  readonly above: number;
}

/** Edge of the squares that are looked at, in pixels. */
const EDGE = 9;
const FEWEST_SQUARES = 12;
/** Of squares the flatter part shows noise, the rest anatomy as well. */
const FLATTER = 0.4;

interface Square {
  readonly mean: readonly [number, number];
  readonly sd: readonly [number, number];
}

/**
 * SNR of the brighter tissue and CNR between two tissues that are found in the original: squares of 9 pixels of one slice that
 * are as flat as noise lets them be, the same in both images; the noise is the middle of their standard deviations, less a
 * fitted surface of second order. Squares are no organs: the numbers compare the two images. Throws `IMAGING_GRID_MISMATCH`.
 */
export function tissueRatios(original: Volume, result: Volume, options: TissueOptions): TissueRatios {
  requireSameGrid(original, result, 'signal and contrast against noise');
  const { tissues, zero, above } = options;
  const [nx, ny, nz] = original.size;
  const squares: Square[] = [];
  for (let k = 0; k < nz; k++)
    for (let j = 0; j + EDGE <= ny; j += EDGE)
      for (let i = 0; i + EDGE <= nx; i += EDGE) {
        const before = levelOf(original, i, j, k, above);
        if (before === undefined) continue;
        const after = levelOf(result, i, j, k, Number.NEGATIVE_INFINITY)!;
        squares.push({ mean: [before.mean, after.mean], sd: [before.sd, after.sd] });
      }
  const byMean = [...squares].sort((a, b) => a.mean[0] - b.mean[0]);
  const third = Math.floor(byMean.length / 3);
  const [darker, brighter] =
    tissues === undefined
      ? [byMean.slice(0, third), byMean.slice(-third)]
      : tissues.map(([low, high]) => squares.filter(({ mean }) => mean[0] >= low && mean[0] <= high));
  const [dark, bright] = [statisticsOf(darker!), statisticsOf(brighter!)];
  const both = (use: (side: 0 | 1) => number) => [use(0), use(1)] as const;
  return {
    signalToNoise:
      bright === undefined
        ? undefined
        : both((side) => signalToNoise({ ...bright[side]!, mean: bright[side]!.mean - zero })),
    contrastToNoise:
      dark === undefined || bright === undefined
        ? undefined
        : both((side) => contrastToNoise(dark[side]!, bright[side]!)),
  };
}

function levelOf(volume: Volume, i: number, j: number, k: number, above: number) {
  const patch = patchAt(volume, i, j, k, EDGE);
  if (patch.values.some((value) => !(value > above))) return undefined;
  const mean = patch.values.reduce((sum, value) => sum + value, 0) / patch.values.length;
  const rest = detrend(patch).values;
  const squares = rest.reduce((sum, value) => sum + value * value, 0);
  return { mean, sd: Math.sqrt(squares / (rest.length - 6)) };
}

/** Mean and noise of both images in the flatter of some squares. */
function statisticsOf(squares: readonly Square[]) {
  const flat = [...squares].sort((a, b) => a.sd[0] - b.sd[0]).slice(0, Math.floor(FLATTER * squares.length));
  if (flat.length < FEWEST_SQUARES) return undefined;
  return ([0, 1] as const).map((side) => ({
    mean: median(flat.map(({ mean }) => mean[side])),
    sd: median(flat.map(({ sd }) => sd[side])),
  }));
}

import { mpPca } from '@photopeak/analysis';
import { crop, emptyVolume, PhotopeakError, requireSameGrid, type Volume } from '@photopeak/imaging';
import { z } from 'zod';
import { defineMethod, type MethodContext } from '../method.ts';

const parameters = z.strictObject({
  /** Half width of the window in voxels; 0: the smallest cube with more voxels than volumes. */
  reach: z.int().min(0).max(5).default(0),
});

/** Fewer volumes have too few components to tell noise by. */
const FEWEST = 4;
/** From so many volumes on it takes away more than a method for one volume. */
const AUTOMATIC_FROM = 12;
/** Windows stand at every second plane: slabs begin at an even one, so that their windows are those of the whole. */
const SLAB_PLANES = 16;

const message = `it needs ${FEWEST} volumes or more of one series: echoes, directions or time points`;

/** Principal components of small windows over all volumes of a series. */
export const mpPcaMethod = defineMethod({
  id: 'mp-pca',
  version: '1.0.0',
  task: 'denoise',
  title: 'MR series of echoes, directions or time points by their principal components',
  modalities: ['MR'],
  parameters,
  intendedUse:
    'Less noise in diffusion, multi-echo and dynamic MR, with edges kept: what all volumes of a series share stays.',
  limits: [
    'Rician bias of dark tissue stays',
    'few volumes hold few components: below about twenty little noise is told from signal',
    'volumes that moved against each other keep more noise; motion is not corrected',
  ],
  refuses: () => message,
  run: async () => {
    throw new PhotopeakError('the method cannot take this image', {
      code: 'ENHANCE_NOT_FOR_IMAGE',
      expected: message,
      found: 'one volume',
      remedy: 'choose another method or another series',
    });
  },
  series: {
    fewest: FEWEST,
    automaticFrom: AUTOMATIC_FROM,
    async run(images, { reach }, context) {
      const found = await inSlabs(
        images.map(({ volume }) => volume),
        reach,
        context,
      );
      return {
        volumes: found.volumes,
        facts: [
          { name: 'volumes', value: images.length },
          { name: 'median sigma', value: Number(found.sigma.toPrecision(4)) },
          { name: 'components kept, mean', value: Number(found.components.toFixed(1)) },
        ],
      };
    },
  },
});

interface Denoised {
  readonly volumes: readonly Volume[];
  readonly sigma: number;
  readonly components: number;
}

/** Slab after slab with the planes that its windows reach, so that a run can be stopped; with the result of the whole. */
async function inSlabs(
  series: readonly Volume[],
  reach: number,
  { signal, progress }: MethodContext,
): Promise<Denoised> {
  const first = series[0]!;
  for (const volume of series) requireSameGrid(first, volume, 'the series to denoise');
  const [columns, rows, planes] = first.size;
  const area = columns * rows;
  const half = reach > 0 ? reach : smallestReach(series.length);
  const margin = half + (half % 2);
  const volumes = series.map(() => emptyVolume(first, 'float32', first.unit));
  const sigmas: number[] = [];
  let components = 0;
  for (let from = 0; from < planes; from += SLAB_PLANES) {
    signal.throwIfAborted();
    const to = Math.min(planes, from + SLAB_PLANES);
    const [low, high] = [Math.max(0, from - margin), Math.min(planes, to + margin)];
    const slab = { start: [0, 0, low], size: [columns, rows, high - low] } as const;
    const found = mpPca(
      series.map((volume) => crop(volume, slab)),
      { reach: [half, half, half] },
    );
    const [start, end] = [(from - low) * area, (to - low) * area];
    found.volumes.forEach(({ data }, n) => {
      volumes[n]!.data.set(data.subarray(start, end), from * area);
    });
    for (let at = start; at < end; at++) {
      if (at % SIGMA_STEP === 0) sigmas.push(found.noise.data[at]!);
      components += found.components.data[at]!;
    }
    progress(to / planes);
    await new Promise(setImmediate);
  }
  // Magnitudes are not negative; a projection onto components may be, where there is no signal.
  volumes.forEach(({ data }, n) => {
    if (series[n]!.data.some((value) => value < 0)) return;
    for (let at = 0; at < data.length; at++) if (data[at]! < 0) data[at] = 0;
  });
  sigmas.sort((a, b) => a - b);
  return { volumes, sigma: sigmas[sigmas.length >> 1] ?? 0, components: components / (area * planes) };
}

/** Every so many voxels σ is taken for the median. */
const SIGMA_STEP = 61;

function smallestReach(volumes: number): number {
  let reach = 1;
  while ((2 * reach + 1) ** 3 <= volumes) reach++;
  return reach;
}

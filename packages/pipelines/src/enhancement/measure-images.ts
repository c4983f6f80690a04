import {
  brightestOf,
  type ContrastRange,
  edgeTransfer,
  evenPlanes,
  flatPatches,
  judgedTissue,
  noiseMap,
  noisePower,
  patchAt,
  radialNoisePower,
  tissueRatios,
} from '@photopeak/analysis';
import { sameGrid, type Volume } from '@photopeak/imaging';
import type { ImageFacts } from './image-facts.ts';
import { type Measured, rounded } from './measure-change.ts';

/** These numbers are of the whole image: so many planes, evenly spread, tell them. */
const MOST_PLANES = 24;
/** CT: fat and soft tissue, HU; what is dark, and where signal begins. */
const CT_TISSUES = [
  [-130, -60],
  [20, 90],
] as const;
const CT_AIR_HU = -1000;
const CT_BODY_ABOVE_HU = -300;
const CT_NOISE_HU = [-200, 200] as const;
/** Contrasts of edges: CT in HU, others as shares of the brightest. */
const CT_EDGES: readonly [ContrastRange, ContrastRange] = [
  [300, 3000],
  [60, 300],
];
const EDGES: readonly [ContrastRange, ContrastRange] = [
  [0.4, 2],
  [0.1, 0.4],
];
const PATCH = 24;
const MOST_PATCHES = 48;
const FEWEST_PATCHES = 4;

/**
 * What physicists ask of both images: signal and contrast against noise between tissues that the image shows, width and
 * task transfer of edges at high and at low contrast, mean frequency of the noise. Empty where they lie on two grids; numbers
 * that an image does not tell are left out.
 */
export async function measureImages(
  original: Volume,
  result: Volume,
  { modality }: ImageFacts,
): Promise<Measured[]> {
  if (!sameGrid(original, result)) return [];
  const [before, after] = [evenPlanes(original, MOST_PLANES), evenPlanes(result, MOST_PLANES)];
  const isCt = modality === 'CT' && original.unit === "[hnsf'U]";
  const measured: Measured[] = [];
  const add = (
    name: Measured['name'],
    unit: string,
    pair: readonly [number | undefined, number | undefined] | undefined,
  ) => {
    const [a, b] = (pair ?? []).map((value) => rounded(value));
    if (a != null || b != null) measured.push({ name, unit, before: a ?? null, after: b ?? null });
  };
  const ratios = isCt
    ? tissueRatios(before, after, { tissues: CT_TISSUES, zero: CT_AIR_HU, above: CT_BODY_ABOVE_HU })
    : tissueRatios(before, after, { zero: 0, above: judgedTissue(modality, before).above });
  add('snr', '1', ratios.signalToNoise);
  add('cnr', '1', ratios.contrastToNoise);
  const brightest = isCt ? 1 : brightestOf(before);
  const ranges = (isCt ? CT_EDGES : EDGES).map(
    ([from, to]): ContrastRange => [from * brightest, to * brightest],
  );
  const [high, low] = await edgeTransfer(before, after, ranges);
  add('edge-width-high', 'mm', high?.widthMm);
  add('edge-width-low', 'mm', low?.widthMm);
  add('transfer-high', '/mm', high?.halfPerMm);
  add('transfer-low', '/mm', low?.halfPerMm);
  if (isCt) add('noise-frequency', '/mm', noiseFrequencies(before, after));
  return measured;
}

/** Mean frequencies of the noise power spectra of flat squares, the same of both images. */
function noiseFrequencies(original: Volume, result: Volume): readonly [number, number] | undefined {
  const map = noiseMap(original, { range: CT_NOISE_HU });
  const flat = flatPatches(original, { size: PATCH, range: CT_NOISE_HU, map, most: MOST_PATCHES });
  if (flat.length < FEWEST_PATCHES) return undefined;
  const [dx, dy] = original.spacingMm;
  const mean = (volume: Volume) => {
    const patches = flat.map(({ at: [i, j, k] }) => patchAt(volume, i, j, k, PATCH));
    return radialNoisePower(noisePower(patches, [dx, dy])).meanPerMm;
  };
  return [mean(original), mean(result)];
}

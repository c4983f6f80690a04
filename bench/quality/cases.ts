/** Images of known truth, each as its noise-free part and its noise, and the methods whose results are judged. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { shareInterval } from '@photopeak/analysis';
import { emptyVolume, type Grid, gaussian, gridOf, type Vec3, type Volume } from '@photopeak/imaging';
import { petctPhantom, petmrPhantom, specklePhantom } from '@photopeak/phantom';
import { builtInMethod, type EnhancementMethod, unknownFacts } from '@photopeak/pipelines';
import { spreadSeed, uniforms } from '../../packages/analysis/src/numbers/index.ts';

export type BenchModality = 'CT' | 'MR' | 'PT' | 'US';
export const benchModalities: readonly BenchModality[] = ['CT', 'MR', 'PT', 'US'];

export interface Base {
  readonly clean: Volume<Float32Array>;
  readonly noise: Float32Array;
}

/** How many of how many, with the interval that holds the share in 95 of 100 cases. */
export function share(part: number, of: number): string {
  const { low, high } = shareInterval(part, of);
  return `${part}/${of} (${Math.round(100 * low)}–${Math.round(100 * high)} %)`;
}

/** The same numbers for the same seed. */
export function drawing(seed: number): { uniform(): number; normal(): number } {
  const uniform = uniforms(spreadSeed(seed));
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

const pair = (clean: Volume, noisy: Volume): Base => ({
  clean: { ...gridOf(clean), unit: clean.unit, data: Float32Array.from(clean.data) },
  noise: Float32Array.from(noisy.data, (value, at) => value - clean.data[at]!),
});

/** Slices from thorax to pelvis; every other seed with twice the noise. */
function ct(seed: number): Base {
  const belowTopMm = 330 + Math.floor(420 * drawing(seed).uniform());
  const grids = {
    ct: { size: [256, 208, 16] as Vec3, spacingMm: [1, 1, 2] as Vec3, belowTopMm },
    pet: { size: [32, 32, 1] as Vec3, spacingMm: [12, 12, 5] as Vec3 },
  };
  const make = (noise: number) => petctPhantom({ seed, lesions: 0, grids, noise }).ct;
  return pair(make(0), make(1 + (seed % 2)));
}

function mr(seed: number): Base {
  const belowTopMm = 330 + Math.floor(420 * drawing(seed).uniform());
  const grids = {
    mr: { size: [240, 180, 16] as Vec3, spacingMm: [1.6, 1.6, 3] as Vec3, belowTopMm },
    pet: { size: [32, 32, 1] as Vec3, spacingMm: [12, 12, 5] as Vec3 },
  };
  const make = (noise: number) => petmrPhantom({ seed, lesions: 0, grids, noise }).mr.water;
  return pair(make(0), make(2 + (seed % 2)));
}

function pt(seed: number): Base {
  const belowTopMm = 330 + Math.floor(420 * drawing(seed).uniform());
  const grids = {
    ct: { size: [32, 32, 1] as Vec3, spacingMm: [12, 12, 5] as Vec3 },
    pet: { size: [160, 112, 40] as Vec3, spacingMm: [2.6, 2.6, 3] as Vec3, belowTopMm },
  };
  const make = (noise: number) => petctPhantom({ seed, lesions: 0, grids, noise }).pet;
  return pair(make(0), make(1.5 + (seed % 2)));
}

/** A log-compressed frame; the mean over many speckle patterns of the same tissue is its noise-free part. */
function us(seed: number): Base {
  const draw = drawing(seed);
  const discs = Array.from({ length: 5 }, (_, n) => ({
    xPx: 40 + 180 * draw.uniform(),
    yPx: 30 + 48 * n,
    radiusPx: 8 + 14 * draw.uniform(),
    echogenicity: [0.1, 0.3, 3][n % 3]!,
  }));
  const patterns = 24;
  const { grey, width, height } = specklePhantom({ seed, width: 256, height: 256, frames: patterns, discs });
  const area = width * height;
  const frame = (data: Float32Array): Volume<Float32Array> => ({
    size: [width, height, 1],
    spacingMm: [0.4, 0.4, 1],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    data,
    unit: '1',
  });
  const mean = new Float32Array(area);
  for (let at = 0; at < grey.length; at++) mean[at % area]! += grey[at]! / patterns;
  return pair(frame(mean), frame(Float32Array.from(grey.subarray(0, area))));
}

const makers = { CT: ct, MR: mr, PT: pt, US: us } as const;

/** Standard deviation of the noise in tissue. */
export function typical({ clean, noise }: Base, above: number): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < noise.length; at += 7)
    if (clean.data[at]! > above) {
      sum += noise[at]! ** 2;
      count++;
    }
  return Math.sqrt(sum / count);
}

/** Kept in a folder where one is named: drawing takes longer than judging. */
export function baseOf(modality: BenchModality, seed: number, folder: string | undefined): Base {
  if (folder === undefined) return makers[modality](seed);
  const file = `${folder}/${modality}-${seed}`;
  if (!existsSync(`${file}.json`)) {
    mkdirSync(folder, { recursive: true });
    const { clean, noise } = makers[modality](seed);
    writeFileSync(`${file}.clean`, new Uint8Array(clean.data.slice().buffer));
    writeFileSync(`${file}.noise`, new Uint8Array(noise.slice().buffer));
    writeFileSync(`${file}.json`, JSON.stringify({ ...gridOf(clean), unit: clean.unit }));
  }
  const grid = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Grid & { unit: string };
  const read = (name: string) => new Float32Array(Uint8Array.from(readFileSync(`${file}.${name}`)).buffer);
  return { clean: { ...grid, data: read('clean') }, noise: read('noise') };
}

/** The result of a method for the noisy image, kept as well. */
export async function resultOf(
  modality: BenchModality,
  seed: number,
  name: string,
  base: Base,
  sigma: number,
  folder: string | undefined,
): Promise<Volume<Float32Array>> {
  const noisy = { ...base.clean, data: base.clean.data.map((value, at) => value + base.noise[at]!) };
  const builtIn = builtInMethod(name);
  const version = builtIn?.version ?? '1';
  const file = `${folder}/${modality}-${seed}-${name}-${version}`;
  if (folder !== undefined && existsSync(file))
    return { ...noisy, data: new Float32Array(Uint8Array.from(readFileSync(file)).buffer) };
  const result =
    builtIn === undefined
      ? await drawnMethods[name]!(noisy, base, sigma)
      : await shipped(modality, noisy, builtIn);
  if (folder !== undefined) writeFileSync(file, new Uint8Array(result.data.slice().buffer));
  return result;
}

/** Gives the result for an image; the truth is only for methods that are drawn. */
export type Method = (
  noisy: Volume<Float32Array>,
  base: Base,
  sigma: number,
) => Promise<Volume<Float32Array>>;

const drawnMethods: Readonly<Record<string, Method>> = {
  /** What a good network gives: a little blur, a third of the noise left. */
  ideal: async (noisy, { clean }) => {
    const [dx, dy, dz] = clean.spacingMm;
    const smooth = await gaussian(clean, { sigmaMm: [0.35 * dx, 0.35 * dy, 0.12 * dz] });
    return { ...noisy, data: smooth.data.map((v, at) => v + 0.3 * (noisy.data[at]! - clean.data[at]!)) };
  },
  /** A joint bilateral filter: noise out, edges kept, as far as a classical filter goes. */
  bilateral: (noisy, _, sigma) => jointBilateral(noisy, sigma),
  /** The same, four tenths of the original left. */
  blended: async (noisy, _, sigma) => {
    const full = await jointBilateral(noisy, sigma);
    return { ...noisy, data: full.data.map((v, at) => 0.6 * v + 0.4 * noisy.data[at]!) };
  },
};

const REACH = 4;

/** What is shipped, with the settings and limits that it is shipped with. */
export const shippedMethods: Readonly<Record<BenchModality, string>> = {
  CT: 'nonlocal-ct',
  MR: 'nonlocal-mr',
  PT: 'nonlocal-pet',
  US: 'speckle-reduction',
};

/** The methods for a modality: three that are drawn, and the built-in one. */
export const methodsFor = (modality: BenchModality): readonly string[] => [
  ...Object.keys(drawnMethods),
  shippedMethods[modality],
];

/** As it is used: whole numbers of CT and of grey levels. */
async function shipped(
  modality: BenchModality,
  noisy: Volume<Float32Array>,
  method: EnhancementMethod,
): Promise<Volume<Float32Array>> {
  const facts = unknownFacts(modality, 'bench', noisy.unit);
  const data =
    modality === 'CT'
      ? Int16Array.from(noisy.data, Math.round)
      : modality === 'US'
        ? Uint8Array.from(noisy.data, (value) => Math.min(255, Math.max(0, Math.round(value))))
        : noisy.data;
  const image = {
    volume: { ...noisy, data },
    planes: modality === 'US' ? 'frames' : 'slices',
    facts,
  } as const;
  const context = { signal: new AbortController().signal, progress: () => {} };
  const { volume } = await method.run(image, method.parameters.parse({}), context);
  return { ...noisy, data: Float32Array.from((volume ?? noisy).data) };
}

/** No voxel may change by more: what would, is no noise. */
const MOST_SIGMAS = 2;

/** Weights by how alike the places are in the smoothed image, (1 − t/8)⁴ for t = difference²/(2σ²). */
async function jointBilateral(noisy: Volume<Float32Array>, sigma: number): Promise<Volume<Float32Array>> {
  const [dx, dy, dz] = noisy.spacingMm;
  const across = noisy.size[2] > 1 ? 1 : 0;
  const guide = await gaussian(noisy, { sigmaMm: [0.7 * dx, 0.7 * dy, across * 0.4 * dz] });
  const result = emptyVolume(noisy, 'float32', noisy.unit);
  const [nx, ny, nz] = noisy.size;
  const scale = 1 / (16 * sigma * sigma);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const at = i + nx * (j + ny * k);
        const centre = guide.data[at]!;
        let [sum, weights] = [0, 0];
        for (let c = Math.max(0, k - across); c <= Math.min(nz - 1, k + across); c++)
          for (let b = Math.max(0, j - REACH); b <= Math.min(ny - 1, j + REACH); b++) {
            const row = nx * (b + ny * c);
            for (let a = Math.max(0, i - REACH); a <= Math.min(nx - 1, i + REACH); a++) {
              const part = 1 - (guide.data[row + a]! - centre) ** 2 * scale;
              if (part <= 0) continue;
              const weight = part * part * part * part;
              sum += weight * noisy.data[row + a]!;
              weights += weight;
            }
          }
        const change = sum / weights - noisy.data[at]!;
        const most = MOST_SIGMAS * sigma;
        result.data[at] = noisy.data[at]! + Math.min(most, Math.max(-most, change));
      }
  return result;
}

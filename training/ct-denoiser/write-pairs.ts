// Training pairs of the CT denoiser: slices of drawn persons with the noise of a parallel-beam scan, as raw float32.
// Of each pair NAME.truth, .source, .denoised (what non-local means leave of it) and .noise (the noise map by voxel).
// The reports use another scanner (fan beam, Poisson photons, other kernels) and other persons: bench/enhancement.
//   node training/ct-denoiser/write-pairs.ts OUT FIRST-SEED LAST-SEED
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type CtSlab,
  centeredGrid,
  denoiseCt,
  evenAngles,
  filteredBackprojection,
  parallelBeam,
  type RampWindow,
} from '@photopeak/analysis';
import { gaussian, gridOf, Tomograph, type Volume } from '@photopeak/imaging';
import { petctPhantom, Random } from '@photopeak/phantom';

const SIZE = 256;
const SLICES = 5;
const SLICE_MM = 2;
const VIEWS = 320;
const WATER_PER_MM = 0.0195;
const BOWTIE_MM = 28;

interface Scan {
  readonly name: string;
  readonly window: RampWindow;
  readonly cutoff: number;
  /** Photons a reading through air. */
  readonly photons: number;
  readonly electronic: number;
  /** Part of each neighbour's noise in a slice. */
  readonly blend: number;
  /** Blur of the anatomy, sigma. */
  readonly blurMm: number;
}

/** Two scans of each person: kernels, doses and slice profiles as wide as scanners have them. */
function scansOf(seed: number, pixelMm: number): Scan[] {
  const random = Random.of('ct-denoiser', seed);
  return [0, 1].map((n) => {
    const isSharp = (seed + n) % 2 === 1;
    return {
      name: `${seed}-${n}`,
      window: isSharp ? 'hamming' : 'hann',
      cutoff: isSharp ? 0.75 + 0.25 * random.uniform() : 0.5 + 0.3 * random.uniform(),
      photons: (isSharp ? 42_000 : 13_500) * 12 ** random.uniform(),
      electronic: 4 + 6 * random.uniform(),
      blend: 0.5 * random.uniform(),
      blurMm: pixelMm * (isSharp ? 0.45 : 0.65),
    };
  });
}

/** Attenuation along every ray: rows (slices) fastest, then columns, then views. */
async function lineIntegrals(hu: Volume, geometry: ReturnType<typeof parallelBeam>): Promise<Float32Array> {
  const body = {
    ...hu,
    ...centeredGrid(hu.size, hu.spacingMm),
    data: Float32Array.from(hu.data, (value) => Math.max(0, WATER_PER_MM * (1 + value / 1000))),
  };
  using tomograph = new Tomograph(gridOf(body), geometry);
  const views = tomograph.newViews(VIEWS);
  const indices = Array.from({ length: VIEWS }, (_, n) => n);
  await tomograph.project(tomograph.load(body), views, indices);
  return Float32Array.from(tomograph.pixelsOf(views, VIEWS));
}

async function noiseOf(hu: Volume, scan: Scan): Promise<Float32Array> {
  const [nx, , rows] = hu.size;
  const [mm, , dz] = hu.spacingMm;
  const pitch = 0.75 * mm;
  const columns = Math.ceil((nx * Math.SQRT2 * mm) / pitch) | 1;
  const geometry = parallelBeam({
    anglesRad: evenAngles(VIEWS, Math.PI),
    detectorSize: [columns, rows],
    pixelMm: [pitch, dz],
  });
  const integrals = await lineIntegrals(hu, geometry);
  const random = Random.of('ct-denoiser-noise', scan.name);
  const data = new Float32Array(integrals.length);
  for (let at = 0; at < integrals.length; at++) {
    const row = at % rows;
    const column = Math.floor(at / rows) % columns;
    const view = Math.floor(at / rows / columns);
    const mmOff = (column - (columns - 1) / 2) * pitch;
    const air = scan.photons * Math.exp(-WATER_PER_MM * BOWTIE_MM * (mmOff / 100) ** 2);
    const photons = Math.max(20, air * Math.exp(-integrals[at]!));
    const sigma = Math.sqrt(1 / photons + (scan.electronic / photons) ** 2);
    data[column + columns * (row + rows * view)] = sigma * random.normal();
  }
  const { window, cutoff } = scan;
  const grid = centeredGrid(hu.size, hu.spacingMm);
  const image = await filteredBackprojection({ geometry, data }, grid, { window, cutoff });
  return image.data.map((value) => (1000 * value) / WATER_PER_MM);
}

const [out, first, last] = process.argv.slice(2);
if (out === undefined || !(Number(first) <= Number(last))) throw new Error('OUT FIRST-SEED LAST-SEED');
mkdirSync(out, { recursive: true });
for (let seed = Number(first); seed <= Number(last); seed++) {
  const random = Random.of('ct-denoiser-person', seed);
  const pixelMm = 0.7 + 0.4 * random.uniform();
  const ct = {
    size: [SIZE, SIZE, SLICES + 2],
    spacingMm: [pixelMm, pixelMm, SLICE_MM],
    belowTopMm: random.integer(360, 780),
  } as const;
  const grids = { ct, pet: { size: [8, 8, 8], spacingMm: [30, 30, 30] } } as const;
  const { ct: person } = petctPhantom({ seed, noise: 0, contrast: seed % 2 === 0, grids });
  for (const scan of scansOf(seed, pixelMm)) {
    const blurred = await gaussian(person, { sigmaMm: [scan.blurMm, scan.blurMm, 0] });
    const noise = await noiseOf(blurred, scan);
    const plane = SIZE * SIZE;
    const scale = 1 / Math.sqrt(1 + 2 * scan.blend ** 2);
    const inside = <T extends Float32Array>(data: T) => data.slice(plane, plane * (SLICES + 1));
    const truth = inside(Float32Array.from(blurred.data));
    const source = truth.map((hu, at) => {
      const beside = noise[at]! + noise[at + 2 * plane]!;
      return hu + scale * (noise[at + plane]! + scan.blend * beside);
    });
    const volume: Volume = { ...blurred, size: [SIZE, SIZE, SLICES], data: source };
    let slab: CtSlab | undefined;
    const { noiseHu } = await denoiseCt(volume, {
      reduction: 1,
      refine: async (inputs) => {
        slab = inputs;
        return inputs.denoised;
      },
    });
    const images = { truth, source, denoised: slab!.denoised.data, noise: slab!.noise.data };
    for (const [name, data] of Object.entries(images))
      writeFileSync(path.join(out, `${scan.name}.${name}`), Float32Array.from(data));
    console.log(scan.name, scan.window, scan.cutoff.toFixed(2), `${noiseHu.toFixed(1)} HU`);
  }
}

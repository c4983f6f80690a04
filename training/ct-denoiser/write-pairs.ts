// Training pairs of the CT denoiser: slices of drawn persons with the noise of a parallel-beam scan (training/shared). In every
// other pair of persons soft tissue is cut up by leaves without anatomy.
// The reports use another scanner (fan beam, Poisson photons, other kernels) and other persons: bench/enhancement.
//   node training/ct-denoiser/write-pairs.ts OUT FIRST-SEED LAST-SEED
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
import { deadLeaves } from '../shared/leaves.ts';
import { writePair } from '../shared/pair-file.ts';
import { withTexture } from '../shared/texture.ts';

const SIZE = 256;
const SLICES = 5;
const SCANS = 3;
const VIEWS = 320;
const WATER_PER_MM = 0.0195;
const BOWTIE_MM = 28;
/** Fewer photons than the smallest dose leaves, so that no ray is without any. */
const LEAST_PHOTONS = 20;
/** HU. */
const TEXTURES = { texture: 10, contrast: 8, count: 80 };

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

/** Scans of one person: kernels, doses and slice profiles as wide as scanners have them. */
function scansOf(seed: number, pixelMm: number): Scan[] {
  const random = Random.of('ct-denoiser', seed);
  return Array.from({ length: SCANS }, (_, n) => {
    const isSharp = (seed + n) % 2 === 1;
    return {
      name: `${seed}-${n}`,
      window: isSharp ? 'hamming' : 'hann',
      cutoff: isSharp ? 0.7 + 0.3 * random.uniform() : 0.4 + 0.4 * random.uniform(),
      // 20 times: from half the dose to the fortieth part of it.
      photons: (isSharp ? 30_000 : 9_000) * 20 ** random.uniform(),
      electronic: 4 + 6 * random.uniform(),
      blend: 0.5 * random.uniform(),
      blurMm: pixelMm * (isSharp ? 0.35 + 0.2 * random.uniform() : 0.5 + 0.3 * random.uniform()),
    };
  });
}

/** Edge of the cube of leaves, voxels; it goes on beyond its faces as in mirrors. */
const LEAVES = 96;
/** What leaves differ by at most from the tissue that they cover, HU. */
const LEAF_HU = [15, 150] as const;
const SOFT_HU = [-150, 250] as const;

function withLeaves(person: Volume, random: Random): Volume<Float32Array> {
  const { data: leaves } = deadLeaves(LEAVES, random);
  const [least, most] = LEAF_HU;
  const amplitude = least * (most / least) ** random.uniform();
  const lift = random.integer(0, LEAVES - 1);
  const mirrored = (index: number) => Math.min(index % (2 * LEAVES), 2 * LEAVES - 1 - (index % (2 * LEAVES)));
  const [nx, ny] = person.size;
  const data = Float32Array.from(person.data, (hu, at) => {
    if (hu < SOFT_HU[0] || hu > SOFT_HU[1]) return hu;
    const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
    const leaf = leaves[mirrored(i) + LEAVES * (mirrored(j) + LEAVES * mirrored(k + lift))]!;
    return hu + amplitude * (leaf / 500 - 1);
  });
  return { ...person, data };
}

type Parallel = ReturnType<typeof parallelBeam>;

/** Attenuation along every ray: rows (slices) fastest, then columns, then views. */
async function lineIntegrals(hu: Volume, geometry: Parallel): Promise<Float32Array> {
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

/** Noise of a scan, HU: of each ray by the photons that are left of it, filtered and back-projected. */
async function noiseOf(hu: Volume, geometry: Parallel, integrals: Float32Array, scan: Scan) {
  const [columns, rows] = geometry.detectorSize;
  const pitch = geometry.pixelMm[0];
  const random = Random.of('ct-denoiser-noise', scan.name);
  const data = new Float32Array(integrals.length);
  for (let at = 0; at < integrals.length; at++) {
    const row = at % rows;
    const column = Math.floor(at / rows) % columns;
    const view = Math.floor(at / rows / columns);
    const mmOff = (column - (columns - 1) / 2) * pitch;
    const air = scan.photons * Math.exp(-WATER_PER_MM * BOWTIE_MM * (mmOff / 100) ** 2);
    const photons = Math.max(LEAST_PHOTONS, air * Math.exp(-integrals[at]!));
    const sigma = Math.sqrt(1 / photons + (scan.electronic / photons) ** 2);
    data[column + columns * (row + rows * view)] = sigma * random.normal();
  }
  const { window, cutoff } = scan;
  const grid = centeredGrid(hu.size, hu.spacingMm);
  const image = await filteredBackprojection({ geometry, data }, grid, { window, cutoff });
  return image.data.map((value) => (1000 * value) / WATER_PER_MM);
}

async function pairOf(person: Volume, geometry: Parallel, integrals: Float32Array, scan: Scan) {
  const textured = await withTexture(person, TEXTURES, Random.of('ct-denoiser-texture', scan.name));
  const blurred = await gaussian(textured, { sigmaMm: [scan.blurMm, scan.blurMm, 0] });
  const noise = await noiseOf(person, geometry, integrals, scan);
  const plane = SIZE * SIZE;
  const scale = 1 / Math.sqrt(1 + 2 * scan.blend ** 2);
  const truth = {
    ...blurred,
    size: [SIZE, SIZE, SLICES],
    data: blurred.data.slice(plane, plane * (SLICES + 1)),
  } as const;
  const data = truth.data.map((hu, at) => {
    const beside = noise[at]! + noise[at + 2 * plane]!;
    return hu + scale * (noise[at + plane]! + scan.blend * beside);
  });
  let slab: CtSlab | undefined;
  const { noiseHu } = await denoiseCt(
    { ...truth, data },
    {
      reduction: 1,
      refine: async (inputs) => {
        slab = inputs;
        return inputs.denoised;
      },
    },
  );
  return { noiseHu, pair: { truth, ...slab! } };
}

const [out, first, last] = process.argv.slice(2);
if (out === undefined || !(Number(first) <= Number(last))) throw new Error('OUT FIRST-SEED LAST-SEED');
for (let seed = Number(first); seed <= Number(last); seed++) {
  const random = Random.of('ct-denoiser-person', seed);
  const pixelMm = 0.6 + 0.8 * random.uniform();
  const sliceMm = random.pick([1, 1.5, 2, 2, 3, 5]);
  const ct = {
    size: [SIZE, SIZE, SLICES + 2],
    spacingMm: [pixelMm, pixelMm, sliceMm],
    belowTopMm: random.integer(360, 780),
  } as const;
  const grids = { ct, pet: { size: [8, 8, 8], spacingMm: [30, 30, 30] } } as const;
  const { ct: drawn } = petctPhantom({ seed, noise: 0, contrast: seed % 2 === 0, grids });
  const person = seed % 4 < 2 ? drawn : withLeaves(drawn, Random.of('ct-denoiser-leaves', seed));
  const pitch = 0.75 * pixelMm;
  const geometry = parallelBeam({
    anglesRad: evenAngles(VIEWS, Math.PI),
    detectorSize: [Math.ceil((SIZE * Math.SQRT2 * pixelMm) / pitch) | 1, SLICES + 2],
    pixelMm: [pitch, sliceMm],
  });
  const integrals = await lineIntegrals(person, geometry);
  for (const scan of scansOf(seed, pixelMm)) {
    const { noiseHu, pair } = await pairOf(person, geometry, integrals, scan);
    writePair(out, scan.name, pair);
    const mm = `${pixelMm.toFixed(2)} × ${sliceMm} mm`;
    console.log(scan.name, mm, scan.window, scan.cutoff.toFixed(2), `${noiseHu.toFixed(1)} HU`);
  }
}
